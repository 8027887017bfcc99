package io.berth.policies;

/**
 * One thing about a file that its admin should know.
 *
 * @param line from 1; 0 for the file as a whole
 * @param column from 1; 0 for the file as a whole
 * @param what what is wrong
 * @param meant what was meant, or what to do; empty where nothing helps
 */
public record Problem(
    Severity severity, String file, int line, int column, String what, String meant) {

  /** An error refuses the file; a note is told and nothing else. */
  public enum Severity {
    ERROR,
    NOTE
  }

  /**
   * {@code file:line:column: what is wrong; what was meant}; the file as a whole is told at its
   * beginning, so that every line has one form.
   */
  @Override
  public String toString() {
    String place = file + ":" + Math.max(line, 1) + ":" + Math.max(column, 1);
    return place + ": " + what + (meant.isEmpty() ? "" : "; " + meant);
  }
}
