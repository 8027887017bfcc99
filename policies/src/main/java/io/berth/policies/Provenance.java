package io.berth.policies;

/**
 * Where a value came from.
 *
 * @param file as it was opened, {@code built-in} for a default of the code
 * @param line from 1; 0 for built-in
 * @param section such as {@code groups.researchers} or {@code defaults}
 */
public record Provenance(String file, int line, String section) {

  public static final Provenance BUILT_IN = new Provenance("built-in", 0, "built-in");

  @Override
  public String toString() {
    return line == 0 ? section : file + ":" + line + " (" + section + ")";
  }
}
