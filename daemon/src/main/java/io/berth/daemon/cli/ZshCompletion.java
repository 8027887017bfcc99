package io.berth.daemon.cli;

import io.berth.daemon.cli.CommandTree.Node;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The function that completes berth in zsh, by its {@code _arguments}. */
final class ZshCompletion {

  private static final String HEAD =
      """
      #compdef berth
      # Completes berth in zsh. Made by 'berth completion zsh'.

      _berth_ask() {
        local -a found
        found=(${(f)"$(berth complete $1 2>/dev/null)"})
        (( $#found )) && compadd -- $found
      }

      """;

  private static final String FOOT =
      """
      if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
        _berth "$@"
      else
        compdef _berth berth
      fi
      """;

  private ZshCompletion() {}

  static String of(CommandSpec any) {
    StringBuilder script = new StringBuilder(HEAD);
    CommandTree.all(any).forEach(node -> script.append(function(node)).append('\n'));
    return script + FOOT;
  }

  private static String function(Node node) {
    List<String> specs = new ArrayList<>();
    node.options().forEach(option -> specs.addAll(specs(option)));
    if (node.commands().isEmpty()) {
      for (PositionalParamSpec argument : node.spec().positionalParameters()) {
        String optional = argument.arity().min() == 0 ? "::" : ":";
        int number = argument.index().min() + 1;
        specs.add(CommandTree.quoted(number + optional + value(argument)));
      }
      return name(node) + "() {\n  _arguments -s " + String.join(" ", specs) + "\n}\n";
    }
    return function(node, specs);
  }

  /** One with commands below it: those have functions of their own. */
  private static String function(Node node, List<String> specs) {
    StringBuilder commands = new StringBuilder();
    StringBuilder cases = new StringBuilder();
    node.commands()
        .forEach(
            (word, below) -> {
              String described = word + ":" + below.help().replace(":", "\\:");
              commands.append("        ").append(CommandTree.quoted(described)).append('\n');
              cases.append("        %s) %s ;;\n".formatted(word, name(below)));
            });
    return """
    %s() {
      local curcontext=$curcontext state line
      typeset -A opt_args
      _arguments -s -C %s '1: :->command' '*:: :->rest'
      case $state in
        command)
          local -a commands
          commands=(
    %s      )
          _describe command commands
          ;;
        rest)
          case $words[1] in
    %s      esac
          ;;
      esac
    }
    """
        .formatted(name(node), String.join(" ", specs), commands, cases);
  }

  private static String name(Node node) {
    return "_" + node.page().replace('-', '_');
  }

  /** One for each name; one excludes the others. */
  private static List<String> specs(OptionSpec option) {
    List<String> specs = new ArrayList<>();
    String all = "(" + String.join(" ", option.names()) + ")";
    for (String name : option.names()) {
      boolean takes = CommandTree.takesValue(option);
      String joint = takes ? (name.startsWith("--") ? "=" : "+") : "";
      String what = "[" + escaped(CommandTree.sentence(option.description())) + "]";
      String value = takes ? ":" + value(option) : "";
      specs.add(CommandTree.quoted(all + name + joint + what + value));
    }
    return specs;
  }

  private static String value(ArgSpec arg) {
    Candidates candidates = Candidates.of(arg);
    String label = arg.paramLabel() + ":";
    if (candidates.isFiles()) {
      return label + "_files";
    }
    if (!candidates.ask().isEmpty()) {
      return label + " _berth_ask " + candidates.ask();
    }
    return candidates.words().isEmpty()
        ? label + " "
        : label + "(" + String.join(" ", candidates.words()) + ")";
  }

  private static String escaped(String text) {
    return text.replaceAll("([\\\\\\[\\]:])", "\\\\$1");
  }
}
