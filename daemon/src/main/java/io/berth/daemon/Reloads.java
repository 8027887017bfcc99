package io.berth.daemon;

import io.berth.daemon.config.BookInForce;
import io.berth.daemon.control.Reloaded;
import io.berth.daemon.process.Logging;
import io.berth.daemon.schedule.Timetable;
import io.berth.jobs.DaemonJournal;
import io.berth.jobs.Outlook;
import io.berth.jobs.Prospect;
import io.berth.jobs.Rush;
import io.berth.policies.PolicyBook;
import io.berth.policies.PolicyLoader;
import io.berth.policies.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts another book in force, whole or not at all, and says what that changes. */
final class Reloads {

  private final BookInForce books;
  private final DaemonJournal journal;
  private final Timetable timetable;
  private final Outlook outlook;

  Reloads(BookInForce books, DaemonJournal journal, Timetable timetable, Outlook outlook) {
    this.books = books;
    this.journal = journal;
    this.timetable = timetable;
    this.outlook = outlook;
  }

  /**
   * Reads the configuration again; the journal says what came of it.
   *
   * @param who asked for it, in words
   */
  Reloaded reload(String who) {
    PolicyBook before = books.book();
    List<Reloaded> answer = new ArrayList<>();
    books.reload(
        new BookInForce.Listener() {
          @Override
          public void replaced(PolicyBook now, List<Problem> notes, List<String> atNextStart) {
            Logging.setLevel(now.daemon().logLevel());
            timetable.replace(now.schedules());
            Prospect prospect = outlook.compare(before, now).orElse(null);
            journal.tell("config.reload", details(who, notes.size(), atNextStart, prospect));
            answer.add(new Reloaded(true, notes, atNextStart, before, now, prospect));
          }

          @Override
          public void refused(List<Problem> problems) {
            List<String> lines = problems.stream().map(Problem::toString).toList();
            journal.tell(
                "config.reject",
                Map.of("problems", lines, "next", "the book in force stays", "who", who));
            answer.add(Reloaded.refused(problems, before));
          }
        });
    return answer.get(0);
  }

  /** What another book would change; nothing is done with it. */
  Reloaded suppose(PolicyLoader.Loaded candidate) {
    PolicyBook now = books.book();
    PolicyBook other = candidate.book();
    if (other == null) {
      return Reloaded.refused(candidate.problems(), now);
    }
    return new Reloaded(
        true,
        candidate.problems(),
        BookInForce.atNextStart(now, other),
        now,
        other,
        outlook.compare(now, other).orElse(null));
  }

  private static Map<String, Object> details(
      String who, int notes, List<String> atNextStart, @Nullable Prospect prospect) {
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("notes", notes);
    details.put("at_next_start", atNextStart);
    details.put("who", who);
    if (prospect != null) {
      details.put("new_times", prospect.moved().size());
      details.put(
          "breaker_would_trip_at",
          prospect.rushes().stream()
              .filter(Rush::trips)
              .map(each -> each.from().toString())
              .toList());
    }
    return details;
  }
}
