package io.berth.daemon.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The commands that {@code --help} shows, for what is generated from them. */
final class CommandTree {

  private CommandTree() {}

  /** A command, and how it is reached: {@code job pause}; empty for berth itself. */
  record Node(String path, CommandSpec spec) {

    /** As a page is called: {@code berth-job-pause}. */
    String page() {
      return path.isEmpty() ? "berth" : "berth-" + path.replace(' ', '-');
    }

    String help() {
      return sentence(spec.usageMessage().description());
    }

    /** The commands below it, with their other names, by name. */
    Map<String, Node> commands() {
      Map<String, Node> commands = new TreeMap<>();
      spec.subcommands()
          .forEach(
              (name, command) -> {
                CommandSpec below = command.getCommandSpec();
                if (!below.usageMessage().hidden()) {
                  commands.put(name, new Node((path + " " + name).strip(), below));
                }
              });
      return commands;
    }

    List<OptionSpec> options() {
      return spec.options().stream().filter(each -> !each.hidden()).toList();
    }
  }

  static Node root(CommandSpec any) {
    return new Node("", any.root());
  }

  /** All commands, berth itself first; each by its other names as well. */
  static List<Node> all(CommandSpec any) {
    List<Node> all = new ArrayList<>();
    add(root(any), all);
    return all;
  }

  private static void add(Node node, List<Node> all) {
    all.add(node);
    node.commands().values().forEach(each -> add(each, all));
  }

  static boolean takesValue(OptionSpec option) {
    return option.arity().max() > 0;
  }

  /** The first sentence of a description, on one line. */
  static String sentence(String[] lines) {
    String text = String.join(" ", lines).strip();
    int end = text.indexOf(". ");
    String first = end < 0 ? text : text.substring(0, end);
    return CommandLine.Help.Ansi.OFF
        .string(first.endsWith(".") ? first.substring(0, first.length() - 1) : first)
        .replaceAll("\\s+", " ");
  }

  /** For a shell, as one word. */
  static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }
}
