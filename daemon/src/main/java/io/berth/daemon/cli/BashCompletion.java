package io.berth.daemon.cli;

import io.berth.daemon.cli.CommandTree.Node;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The script that completes berth in bash. */
final class BashCompletion {

  private static final String SCRIPT =
      """
      # Completes berth in bash. Made by 'berth completion bash'.

      # The commands and the options below a command.
      _berth_commands() {
        case $1 in
      @COMMANDS@  esac
      }

      _berth_options() {
        case $1 in
      @OPTIONS@  esac
      }

      # What an option, or the n-th argument, of a command wants: words, or @ and what to ask for. Status 1: nothing.
      _berth_wanted() {
        case $1 in
      @WANTED@    *) return 1 ;;
        esac
      }

      _berth() {
        local cur=${COMP_WORDS[COMP_CWORD]} path='' option='' count=0 word i wanted
        for ((i = 1; i < COMP_CWORD; i++)); do
          word=${COMP_WORDS[i]}
          if [[ $word == '=' ]]; then
            continue # bash takes --option=value apart
          elif [[ -n $option ]]; then
            option=
          elif [[ $word == -* ]]; then
            if _berth_wanted "$path:$word" >/dev/null; then option=$word; fi
          elif [[ " $(_berth_commands "$path") " == *" $word "* ]]; then
            path=${path:+$path }$word
          else
            count=$((count + 1))
          fi
        done
        if [[ $cur == '=' ]]; then cur=; fi
        if [[ -n $option ]]; then
          wanted=$(_berth_wanted "$path:$option")
        elif [[ $cur == -* ]]; then
          wanted=$(_berth_options "$path")
        else
          wanted=$(_berth_commands "$path")
          if [[ -z $wanted ]]; then wanted=$(_berth_wanted "$path:$count"); fi
        fi
        COMPREPLY=()
        case $wanted in
          @files)
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            ;;
          @*) mapfile -t COMPREPLY < <(compgen -W "$(berth complete "${wanted#@}" 2>/dev/null)" -- "$cur") ;;
          *) mapfile -t COMPREPLY < <(compgen -W "$wanted" -- "$cur") ;;
        esac
      }

      complete -F _berth berth
      """;

  private BashCompletion() {}

  static String of(CommandSpec any) {
    StringBuilder commands = new StringBuilder();
    StringBuilder options = new StringBuilder();
    StringBuilder wanted = new StringBuilder();
    for (Node node : CommandTree.all(any)) {
      if (!node.commands().isEmpty()) {
        add(commands, node.path(), String.join(" ", node.commands().keySet()));
      }
      List<String> names = new ArrayList<>();
      for (OptionSpec option : node.options()) {
        names.addAll(List.of(option.names()));
        if (CommandTree.takesValue(option)) {
          for (String name : option.names()) {
            add(wanted, node.path() + ":" + name, words(Candidates.of(option)));
          }
        }
      }
      add(options, node.path(), String.join(" ", names));
      for (PositionalParamSpec argument : node.spec().positionalParameters()) {
        String place = node.path() + ":" + argument.index().min();
        add(wanted, place, words(Candidates.of(argument)));
      }
    }
    return SCRIPT
        .replace("@COMMANDS@", commands)
        .replace("@OPTIONS@", options)
        .replace("@WANTED@", wanted);
  }

  private static String words(Candidates candidates) {
    return candidates.ask().isEmpty()
        ? String.join(" ", candidates.words())
        : "@" + candidates.ask();
  }

  private static void add(StringBuilder cases, String key, String words) {
    cases
        .append("    ")
        .append(CommandTree.quoted(key))
        .append(") echo ")
        .append(CommandTree.quoted(words))
        .append(" ;;\n");
  }
}
