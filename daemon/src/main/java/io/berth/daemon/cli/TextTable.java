package io.berth.daemon.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Rows of words, printed in columns that are as wide as they need to be; where that is wider than
 * the terminal, the widest are cut in the middle, and some may be left out.
 */
final class TextTable {

  private static final String NOTHING = "-";
  private static final String CUT = "..";
  private static final int GAP = 2;

  /** Narrower, a word says nothing any more. */
  private static final int NARROWEST = 8;

  /** A column with less is cut only once those that can be spared are left out. */
  private static final int ENOUGH = 20;

  private final List<List<String>> rows = new ArrayList<>();
  private final Set<String> whole = new HashSet<>();
  private final Set<String> ends = new HashSet<>();
  private final List<String> spare = new ArrayList<>();

  TextTable(String... heads) {
    rows.add(List.of(heads));
  }

  /** Columns that are never cut: a time of which a figure is missing is another time. */
  TextTable whole(String... heads) {
    whole.addAll(List.of(heads));
    return this;
  }

  /** Columns that are cut at their beginning, since what tells is at the end. */
  TextTable ends(String... heads) {
    ends.addAll(List.of(heads));
    return this;
  }

  /** Columns that are left out, the first one first, where there is no room for all. */
  TextTable spare(String... heads) {
    spare.addAll(List.of(heads));
    return this;
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
        if (widths[i] > 0) {
          boolean isEnd = ends.contains(head(i)) && !head;
          String word = isEnd ? end(row.get(i), widths[i]) : cut(row.get(i), widths[i]);
          line.append(word).append(" ".repeat(widths[i] - word.length() + GAP));
        }
      }
      String text = line.toString().stripTrailing();
      out.println(head ? terminal.bold(text) : text);
      head = false;
    }
    out.flush();
  }

  private String head(int column) {
    return rows.get(0).get(column);
  }

  /** Of each column; 0 where it is left out. */
  private int[] widths(int terminal) {
    int[] widths = new int[rows.get(0).size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (String each : spare) {
      if (total(least(widths, ENOUGH)) > terminal) {
        widths[rows.get(0).indexOf(each)] = 0;
      }
    }
    int[] least = least(widths, NARROWEST);
    for (int total = total(widths); total > Math.max(terminal, total(least)); total--) {
      widths[widest(widths, least)]--;
    }
    return widths;
  }

  private int[] least(int[] widths, int cut) {
    int[] least = widths.clone();
    for (int i = 0; i < least.length; i++) {
      least[i] = whole.contains(head(i)) ? least[i] : Math.min(least[i], cut);
    }
    return least;
  }

  private static int total(int[] widths) {
    return Arrays.stream(widths).filter(width -> width > 0).map(width -> width + GAP).sum() - GAP;
  }

  /** Of those that can still be narrower. */
  private static int widest(int[] widths, int[] least) {
    int widest = -1;
    for (int i = 0; i < widths.length; i++) {
      boolean wider = widest < 0 || widths[i] > widths[widest];
      widest = widths[i] > least[i] && wider ? i : widest;
    }
    return widest;
  }

  private static String end(String word, int width) {
    return word.length() <= width
        ? word
        : CUT + word.substring(word.length() - width + CUT.length());
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
