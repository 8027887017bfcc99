package io.berth.daemon.cli;

import io.berth.daemon.cli.CommandTree.Node;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The script that completes berth in fish. */
final class FishCompletion {

  private static final String HEAD =
      """
      # Completes berth in fish. Made by 'berth completion fish'.

      # Whether this is the command that was typed so far.
      function __berth_is
          set -l path
          set -l skip
          for word in (commandline -opc)[2..-1]
              if set -q skip[1]
                  set -e skip
                  continue
              end
              switch $word
                  case @WITH_VALUE@
                      set skip yes
                  case '-*'
                  case '*'
                      contains -- (string join ' ' $path $word) @PATHS@
                      and set -a path $word
              end
          end
          test "$path" = "$argv"
      end

      complete -c berth -f
      """;

  private FishCompletion() {}

  static String of(CommandSpec any) {
    List<Node> all = CommandTree.all(any);
    Set<String> withValue = new TreeSet<>();
    StringBuilder lines = new StringBuilder();
    for (Node node : all) {
      node.options().forEach(option -> add(lines, node, option, withValue));
      node.commands()
          .forEach((word, below) -> line(lines, node, "-a " + word + described(below.help())));
      for (PositionalParamSpec argument : node.spec().positionalParameters()) {
        String values = values(Candidates.of(argument));
        if (!values.isEmpty()) {
          line(lines, node, values.strip());
        }
      }
    }
    return HEAD.replace("@WITH_VALUE@", String.join(" ", withValue))
            .replace(
                "@PATHS@",
                all.stream()
                    .filter(node -> !node.path().isEmpty())
                    .map(node -> quoted(node.path()))
                    .collect(Collectors.joining(" ")))
        + lines;
  }

  private static void add(
      StringBuilder lines, Node node, OptionSpec option, Set<String> withValue) {
    StringBuilder words = new StringBuilder();
    for (String name : option.names()) {
      words.append(name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1));
    }
    if (CommandTree.takesValue(option)) {
      withValue.addAll(List.of(option.names()));
      Candidates candidates = Candidates.of(option);
      words.append(candidates.isFiles() ? " -r -F" : " -x" + values(candidates));
    }
    String help = CommandTree.sentence(option.description());
    line(lines, node, words.toString().strip() + described(help));
  }

  private static void line(StringBuilder lines, Node node, String words) {
    String condition = ("__berth_is " + node.path()).strip();
    lines.append("complete -c berth -n %s %s\n".formatted(quoted(condition), words));
  }

  private static String values(Candidates candidates) {
    if (candidates.isFiles()) {
      return " -F";
    }
    if (!candidates.ask().isEmpty()) {
      return " -a " + quoted("(berth complete " + candidates.ask() + " 2>/dev/null)");
    }
    return candidates.words().isEmpty()
        ? ""
        : " -a " + quoted(String.join(" ", candidates.words()));
  }

  private static String described(String help) {
    return " -d " + quoted(help);
  }

  /** Fish has other rules than the other shells. */
  private static String quoted(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}
