package io.berth.policies;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * A text of a certain form.
 *
 * @param <T> what it becomes
 */
final class TextType<T> extends ScalarType<T> {

  /** Something visible: a label, a prefix, a name. */
  static final TextType<String> WORD =
      new TextType<>(
          "a text without blanks",
          "[^\\s\\x00-\\x1f\\x7f-\\x9f]+",
          Function.identity(),
          Function.identity());

  /** One line, not blank. */
  static final TextType<String> LINE =
      new TextType<>(
          "a text",
          "(?=.*\\S)[^\\x00-\\x1f\\x7f-\\x9f]+",
          Function.identity(),
          Function.identity());

  /** A path inside a container. */
  static final TextType<String> CONTAINER_PATH =
      new TextType<>(
          "an absolute path such as /workspace/file",
          "/.*[^/]",
          TextType::withoutDots,
          Function.identity());

  /** A folder on the host. */
  static final TextType<String> FOLDER =
      new TextType<>(
          "an absolute path such as /home", "/.*", TextType::withoutDots, Function.identity());

  /** A file on the host. */
  static final TextType<Path> FILE =
      new TextType<>(
          "an absolute path such as /var/lib/berth/file",
          "/.*[^/]",
          text -> Path.of(withoutDots(text)),
          Path::toString);

  static final TextType<String> HOST_AND_PORT =
      new TextType<>(
          "host:port, such as 127.0.0.1:9470",
          "([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\]):[0-9]{1,5}",
          TextType::hostAndPort,
          Function.identity());

  static final TextType<String> URL =
      new TextType<>(
          "a URL such as http://127.0.0.1:9400/metrics",
          "https?://\\S+",
          TextType::url,
          Function.identity());

  static final TextType<String> DOCKER_HOST =
      new TextType<>(
          "unix:///path/to/docker.sock or tcp://host:port",
          "unix:///\\S+|tcp://\\S+:[0-9]+",
          TextType::url,
          Function.identity());

  static final TextType<String> DEVICE =
      new TextType<>(
          "a UUID such as GPU-5f3e... or MIG-9a1c...",
          "(GPU|MIG)-[0-9A-Za-z/-]+",
          Function.identity(),
          Function.identity());

  static final TextType<ZoneId> ZONE =
      new TextType<>(
          "a time zone such as UTC or Europe/Berlin", "\\S+", TextType::zone, ZoneId::getId);

  /** With the groups {@code name} and {@code uid}. */
  static final TextType<Pattern> NAME_PATTERN =
      new TextType<>(
          "a regular expression with the groups (?<name>...) and (?<uid>...)",
          ".{1,1000}",
          TextType::namePattern,
          Pattern::pattern);

  private final String form;
  private final Pattern pattern;
  private final Function<String, T> parse;
  private final Function<T, String> spell;

  private TextType(
      String expected, String form, Function<String, T> parse, Function<T, String> spell) {
    super(expected);
    this.form = form;
    this.pattern = Pattern.compile(form);
    this.parse = parse;
    this.spell = spell;
  }

  @Override
  T parse(String text, Value value) {
    if (value.looksLikeNumberOrBoolean()) {
      throw new Refused(
          Value.shown(text) + " is a number or a boolean, not a text", "put it in quotes");
    }
    if (!pattern.matcher(text).matches()) {
      throw refused(text, "does not fit");
    }
    try {
      return parse.apply(text);
    } catch (Refused refused) {
      throw refused;
    } catch (IllegalArgumentException e) {
      throw refused(text, String.valueOf(e.getMessage()));
    }
  }

  private static String withoutDots(String path) {
    if (path.indexOf('\0') >= 0 || (path + "/").contains("/../")) {
      throw new IllegalArgumentException("leads elsewhere");
    }
    return path;
  }

  private static String hostAndPort(String text) {
    int port = Integer.parseInt(text.substring(text.lastIndexOf(':') + 1));
    if (port > 65_535) {
      throw new IllegalArgumentException("has no port from 0 to 65535");
    }
    return text;
  }

  private static String url(String text) {
    try {
      URI uri = new URI(text);
      if (uri.getHost() == null && !text.startsWith("unix:")) {
        throw new IllegalArgumentException("names no host");
      }
      return text;
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("is not a URL: " + e.getReason(), e);
    }
  }

  private static ZoneId zone(String text) {
    try {
      return ZoneId.of(text);
    } catch (DateTimeException e) {
      throw new Refused(
          Value.shown(text) + " is not a time zone",
          Spelling.closest(text, ZoneId.getAvailableZoneIds())
              .map(close -> "did you mean \"" + close + "\"?")
              .orElse("write one such as UTC or Europe/Berlin"));
    }
  }

  private static Pattern namePattern(String text) {
    try {
      Pattern compiled = Pattern.compile(text);
      requireGroup(text, "name");
      requireGroup(text, "uid");
      return compiled;
    } catch (PatternSyntaxException e) {
      String meant = text.contains("(?P<") ? "write (?<name>...), without the P" : "correct it";
      throw new Refused(
          Value.shown(text)
              + " does not compile at character "
              + (e.getIndex() + 1)
              + ": "
              + e.getDescription(),
          meant);
    }
  }

  /** With an empty alternative in front it matches the empty text, and knows its groups. */
  private static void requireGroup(String text, String group) {
    Matcher matcher = Pattern.compile("|" + text).matcher("");
    boolean found = matcher.find();
    try {
      @Nullable String unused = found ? matcher.group(group) : null;
    } catch (IllegalArgumentException e) {
      throw new Refused(
          Value.shown(text) + " has no group (?<" + group + ">...)",
          "name both groups, as in ^(?<name>.+)\\._\\.(?<uid>[0-9]+)$");
    }
  }

  @Override
  public Map<String, Object> schema() {
    return Schemas.text(form);
  }

  @Override
  public Object plain(T value) {
    return spell.apply(value);
  }
}
