package io.berth.jobs.gpu;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a GPU is on the PCI bus. Its function, which is always 0, is no part of it. */
public record BusId(int domain, int bus, int device) {

  private static final Pattern TEXT =
      Pattern.compile("([0-9A-Fa-f]{1,8}):([0-9A-Fa-f]{1,2}):([0-9A-Fa-f]{1,2})(?:\\.[0-7])?");

  /** As people write it, in any case, with or without leading zeros; empty where it is none. */
  public static Optional<BusId> of(String text) {
    Matcher parts = TEXT.matcher(text);
    return parts.matches()
        ? Optional.of(new BusId(hex(parts.group(1)), hex(parts.group(2)), hex(parts.group(3))))
        : Optional.empty();
  }

  private static int hex(String digits) {
    return Integer.parseUnsignedInt(digits, 16);
  }

  /** As nvidia-smi prints it, such as {@code 00000000:3B:00.0}. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%08X:%02X:%02X.0", domain, bus, device);
  }
}
