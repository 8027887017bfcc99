package io.berth.policies;

import java.io.StringReader;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.CollectionEndEvent;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.DocumentStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * The text of one YAML file on its way to a tree of nodes.
 *
 * <p>The events are looked over first. What a settings file has no use for (tags, further
 * documents, floods of aliases, deep nesting) is refused there, with its place, and so never
 * reaches a constructor.
 */
final class YamlText {

  private static final int DEEPEST = 30;
  private static final int MOST_ALIASES = 500;

  private final Source source;
  private int documents;
  private int depth;
  private int aliases;

  private YamlText(Source source) {
    this.source = source;
  }

  /** The root, a blank value for a text without content; empty after saying what is wrong. */
  static Optional<Node> root(String text, Source source) {
    try {
      if (new YamlText(source).accepts(text)) {
        Node root = compose(text);
        Shape.check(root, source);
        return Optional.of(root);
      }
    } catch (MarkedYAMLException e) {
      Mark at = e.getProblemMark() != null ? e.getProblemMark() : e.getContextMark();
      source.error(line(at), column(at), what(e), meant(e));
    } catch (YAMLException | NumberFormatException e) {
      source.error(
          1, 1, "is not YAML: " + Value.visible(String.valueOf(e.getMessage())), "correct it");
    }
    return Optional.empty();
  }

  private static Node compose(String text) {
    Node root = new Yaml(options()).compose(new StringReader(text));
    return root == null ? new ScalarNode(Tag.NULL, "", null, null, ScalarStyle.PLAIN) : root;
  }

  private static LoaderOptions options() {
    LoaderOptions options = new LoaderOptions();
    options.setMaxAliasesForCollections(MOST_ALIASES);
    options.setNestingDepthLimit(DEEPEST + 1);
    options.setCodePointLimit(FileText.LARGEST);
    return options;
  }

  private boolean accepts(String text) {
    for (Event event : new Yaml(options()).parse(new StringReader(text))) {
      Optional<String> wrong = wrong(event);
      if (wrong.isPresent()) {
        Mark at = event.getStartMark();
        source.error(line(at), column(at), wrong.get(), "this file needs none of it: remove it");
        return false;
      }
    }
    return true;
  }

  private Optional<String> wrong(Event event) {
    if (event instanceof DocumentStartEvent && ++documents > 1) {
      return Optional.of("a second document begins here");
    }
    if (event instanceof AliasEvent && ++aliases > MOST_ALIASES) {
      return Optional.of("more than " + MOST_ALIASES + " aliases (*name)");
    }
    if (event instanceof CollectionStartEvent start) {
      return ++depth > DEEPEST
          ? Optional.of("nested more than " + DEEPEST + " deep")
          : Optional.ofNullable(start.getTag()).map(YamlText::tagged);
    }
    if (event instanceof CollectionEndEvent) {
      depth--;
    }
    return event instanceof ScalarEvent scalar
        ? Optional.ofNullable(scalar.getTag()).map(YamlText::tagged)
        : Optional.empty();
  }

  private static String tagged(String tag) {
    return "the tag " + Value.shown(tag);
  }

  private static int line(@Nullable Mark mark) {
    return mark == null ? 1 : mark.getLine() + 1;
  }

  private static int column(@Nullable Mark mark) {
    return mark == null ? 1 : mark.getColumn() + 1;
  }

  private static String what(MarkedYAMLException e) {
    if (isTab(e)) {
      return "a tab stands where only spaces may";
    }
    String context = e.getContext() == null ? "" : e.getContext().strip() + ", ";
    return "is not YAML: " + Value.visible(context + e.getProblem());
  }

  private static String meant(MarkedYAMLException e) {
    if (isTab(e)) {
      return "indent with spaces";
    }
    boolean alias = e.getContext() != null && e.getContext().contains("alias");
    return alias
        ? "put a text that begins with * in quotes, such as \"*/5 * * * *\""
        : "look at this line and the one above: indentation, colons, quotes";
  }

  private static boolean isTab(MarkedYAMLException e) {
    return e.getProblem() != null && e.getProblem().contains("TAB");
  }
}
