package io.berth.policies;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A size such as {@code 100MB}, in bytes. MB is a million bytes, MiB is 1024 x 1024. */
final class SizeType extends ScalarType<Long> {

  private static final Pattern FORM = Pattern.compile("(\\d{1,9})(B|kB|KB|MB|GB|KiB|MiB|GiB)");
  private static final Map<String, Long> UNITS = units();
  private static final long SMALLEST = 1_000;

  SizeType() {
    super("a size such as 100MB");
  }

  private static Map<String, Long> units() {
    Map<String, Long> units = new LinkedHashMap<>();
    units.put("GB", 1_000_000_000L);
    units.put("MB", 1_000_000L);
    units.put("kB", 1_000L);
    units.put("KB", 1_000L);
    units.put("GiB", 1L << 30);
    units.put("MiB", 1L << 20);
    units.put("KiB", 1L << 10);
    units.put("B", 1L);
    return units;
  }

  @Override
  Long parse(String text, Value value) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      boolean bare = text.matches("\\d+");
      throw refused(text, bare ? "has no unit" : "is not a size");
    }
    long bytes = Long.parseLong(matcher.group(1)) * UNITS.getOrDefault(matcher.group(2), 1L);
    if (bytes < SMALLEST) {
      throw new Refused(Value.shown(text) + " is too small", "write at least 1kB");
    }
    return bytes;
  }

  @Override
  public Map<String, Object> schema() {
    return Schemas.text(FORM.pattern());
  }

  @Override
  public Object plain(Long bytes) {
    for (Map.Entry<String, Long> unit : UNITS.entrySet()) {
      if (bytes % unit.getValue() == 0) {
        return bytes / unit.getValue() + unit.getKey();
      }
    }
    throw new IllegalStateException("every number of bytes is one of B");
  }
}
