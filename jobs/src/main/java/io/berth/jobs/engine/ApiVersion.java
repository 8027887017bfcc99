package io.berth.jobs.engine;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A version of the Engine's API, such as 1.41. */
record ApiVersion(int major, int minor) implements Comparable<ApiVersion> {

  /** The newest one that Berth was tried with. */
  static final ApiVersion NEWEST_KNOWN = new ApiVersion(1, 44);

  private static final Pattern FORM = Pattern.compile("([0-9]{1,4})\\.([0-9]{1,4})");

  /**
   * @throws IllegalArgumentException where it is none
   */
  static ApiVersion parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("not an API version: '" + text + "'");
    }
    return new ApiVersion(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  /**
   * The one to speak with an Engine: its newest, but none that is newer than Berth; where even its
   * oldest is newer, that one, because what Berth uses of the API has not changed in years, and an
   * answer that makes no sense is refused anyway.
   */
  static ApiVersion toSpeak(ApiVersion oldest, ApiVersion newest) {
    ApiVersion wanted = newest.compareTo(NEWEST_KNOWN) < 0 ? newest : NEWEST_KNOWN;
    return wanted.compareTo(oldest) < 0 ? oldest : wanted;
  }

  @Override
  public int compareTo(ApiVersion other) {
    return major != other.major
        ? Integer.compare(major, other.major)
        : Integer.compare(minor, other.minor);
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }
}
