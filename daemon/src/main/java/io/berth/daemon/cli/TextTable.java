package io.berth.daemon.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Rows of words, printed in columns that are as wide as they need to be; where that is wider than
 * the terminal, the widest are cut in the middle.
 */
final class TextTable {

  private static final String NOTHING = "-";
  private static final String CUT = "..";
  private static final int GAP = 2;

  /** Narrower, a word says nothing any more. */
  private static final int NARROWEST = 8;

  private final List<List<String>> rows = new ArrayList<>();

  TextTable(String... heads) {
    rows.add(List.of(heads));
  }

  /** An empty word is shown as a dash, so that each line has the same number of words. */
  void add(String... words) {
    rows.add(List.of(words).stream().map(word -> word.isEmpty() ? NOTHING : word).toList());
  }

  boolean isEmpty() {
    return rows.size() == 1;
  }

  void print(PrintWriter out) {
    print(out, Terminal.NONE);
  }

  void print(PrintWriter out, Terminal terminal) {
    int[] widths = widths(terminal.width());
    boolean head = true;
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String word = cut(row.get(i), widths[i]);
        line.append(word).append(" ".repeat(widths[i] - word.length() + GAP));
      }
      String text = line.toString().stripTrailing();
      out.println(head ? terminal.bold(text) : text);
      head = false;
    }
    out.flush();
  }

  private int[] widths(int terminal) {
    int[] widths = new int[rows.get(0).size()];
    int total = -GAP;
    for (int i = 0; i < widths.length; i++) {
      for (List<String> row : rows) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
      total += widths[i] + GAP;
    }
    for (; total > terminal; total--) {
      int widest = 0;
      for (int i = 1; i < widths.length; i++) {
        widest = widths[i] > widths[widest] ? i : widest;
      }
      if (widths[widest] <= NARROWEST) {
        break;
      }
      widths[widest]--;
    }
    return widths;
  }

  /** In the middle: names differ at their beginnings and at their ends. */
  static String cut(String word, int width) {
    if (word.length() <= width) {
      return word;
    }
    int begin = (width - CUT.length() + 1) / 2;
    int end = width - CUT.length() - begin;
    return word.substring(0, begin) + CUT + word.substring(word.length() - end);
  }
}
