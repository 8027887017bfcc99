package io.berth.policies;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A user's name, those of directories such as {@code ann@lab.example} included. It may consist of
 * digits, as student numbers do, without quotes.
 */
final class UserType extends ScalarType<String> {

  static final UserType USER = new UserType();

  private static final String FORM = "[^\\s:/\\x00-\\x1f\\x7f-\\x9f]+";
  private static final Pattern NAME = Pattern.compile(FORM);

  private UserType() {
    super("a user name");
  }

  @Override
  String parse(String text, Value value) {
    return check(text);
  }

  /**
   * @throws Refused where that can't be a user
   */
  static String check(String name) {
    if (name.equals(Book.UNKNOWN)) {
      throw new Refused(
          "\"unknown\" is not a user",
          "it stands for the owners nobody knows: set container_types.unknown instead");
    }
    if (!NAME.matcher(name).matches()) {
      throw new Refused(
          Value.shown(name) + " is not a user name", "write one name, without blanks, : or /");
    }
    return name;
  }

  @Override
  public Map<String, Object> schema() {
    Map<String, Object> name = Schemas.text(FORM);
    name.put("not", Schemas.of("const", Book.UNKNOWN));
    return Schemas.of("anyOf", List.of(name, Schemas.of("type", "integer", "minimum", 0)));
  }

  @Override
  public Object plain(String value) {
    return value;
  }
}
