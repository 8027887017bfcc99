package io.berth.daemon.events;

import java.util.List;

/** The journal, as the event log reads it. */
public interface Backlog {

  /**
   * The next events.
   *
   * @param seq the last one that is known; 0 for none
   * @return at most {@code limit} rows with a greater number, in ascending order; empty if there is
   *     none
   * @throws RuntimeException if the journal can't be read; it is asked again later
   */
  List<Row> after(long seq, int limit);

  /**
   * One event of the journal.
   *
   * @param seq its number in the journal, from 1
   * @param json one JSON object without {@code seq}, on one line
   */
  record Row(long seq, String json) {
    public Row {
      boolean object = json.startsWith("{") && json.endsWith("}") && json.length() > 2;
      if (!object || json.indexOf('\n') >= 0) {
        throw new IllegalArgumentException("event " + seq + " is no JSON object on one line");
      }
    }
  }
}
