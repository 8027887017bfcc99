package io.berth.daemon.cli;

import io.berth.daemon.cli.CommandTree.Node;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The manual page of one command, in roff with the man macros: what its {@code --help} says. */
final class ManPage {

  private final Node node;
  private final StringBuilder page = new StringBuilder();

  private ManPage(Node node) {
    this.node = node;
  }

  static String of(Node node) {
    return new ManPage(node).written();
  }

  private String written() {
    String title = node.page().toUpperCase(Locale.ROOT);
    line(".TH %s 1 \"\" \"berth %s\" \"Berth\"".formatted(escaped(title), Version.current()));
    section("NAME");
    line(escaped(node.page()) + " \\- " + escaped(uncapitalised(node.help())));
    section("SYNOPSIS");
    text(new Help(node.spec(), Help.Ansi.OFF).synopsis(0));
    section("DESCRIPTION");
    paragraphs(node.spec().usageMessage().description());
    commands();
    arguments();
    options();
    exitCodes();
    section("FILES");
    entry("/etc/berth/resource-limits.yaml", "The configuration.");
    entry("/run/berth/berth.sock", "The daemon's socket, if neither --socket nor BERTH_SOCKET is.");
    section("SEE ALSO");
    line(node.path().isEmpty() ? ".BR berth\\-daemon (1)" : ".BR berth (1)");
    return page.toString();
  }

  private void commands() {
    if (!node.commands().isEmpty()) {
      section("COMMANDS");
      node.commands()
          .forEach((name, below) -> entry(name, below.help() + ". See " + below.page() + "(1)."));
    }
  }

  private void arguments() {
    List<PositionalParamSpec> arguments = node.spec().positionalParameters();
    if (!arguments.isEmpty()) {
      section("ARGUMENTS");
      arguments.forEach(each -> entry(each.paramLabel(), description(each)));
    }
  }

  private void options() {
    section("OPTIONS");
    for (OptionSpec each : node.options()) {
      String label = CommandTree.takesValue(each) ? " " + each.paramLabel() : "";
      entry(
          Arrays.stream(each.names())
              .sorted((one, other) -> one.length() - other.length())
              .map(name -> name + label)
              .collect(Collectors.joining(", ")),
          description(each));
    }
  }

  private void exitCodes() {
    CommandSpec spec = node.spec();
    section("EXIT STATUS");
    spec.usageMessage().exitCodeList().forEach(this::entry);
  }

  private static String description(ArgSpec arg) {
    return String.join(" ", arg.description());
  }

  private void section(String name) {
    line(".SH " + name);
  }

  private void entry(String term, String words) {
    line(".TP");
    line(".B " + escaped(term));
    text(words);
  }

  /** An empty line ends a paragraph. */
  private void paragraphs(String... lines) {
    String separator = "";
    for (String paragraph : String.join("\n", lines).strip().split("\n\n", -1)) {
      page.append(separator);
      text(paragraph);
      separator = ".PP\n";
    }
  }

  private void text(String words) {
    line(escaped(words.replaceAll("\\s+", " ").strip()));
  }

  private void line(String text) {
    page.append(text).append('\n');
  }

  private static String uncapitalised(String text) {
    return text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
  }

  /** A hyphen that may be copied, and no request by chance. */
  static String escaped(String text) {
    String plain = text.replace("\\", "\\e").replace("-", "\\-");
    return plain.startsWith(".") || plain.startsWith("'") ? "\\&" + plain : plain;
  }
}
