package io.berth.jobs.activity;

import io.berth.jobs.container.Container;
import io.berth.policies.PolicyBook;
import io.berth.policies.TimeLimit;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What holds a container's idle clock, or held it: each up to a moment, before which no idle time
 * counts. Pure.
 *
 * @param holds those there are
 * @param troubles what was meant to be one and could not be understood or read, in words
 */
record Holds(List<Hold> holds, List<String> troubles) {

  /** The label; its value is an ISO 8601 instant, {@code 2026-03-02T18:00:00Z}. */
  static final String LABEL = "berth.keep-alive-until";

  /** Of a value that is shown. */
  private static final int LONGEST = 60;

  /**
   * One.
   *
   * @param until {@link Instant#MAX} where it has no end
   * @param what in words that go behind "kept by"
   */
  record Hold(Instant until, String what) {}

  /**
   * All of a container.
   *
   * @param touched when somebody last came to it; null where nobody did
   * @param byCommand until when a command holds it; null where none ever did
   */
  static Holds of(
      Life life,
      Container container,
      @Nullable Instant touched,
      @Nullable Instant byCommand,
      PolicyBook.Policies policies) {
    TimeLimit most = policies.keepaliveMaxDuration();
    List<Hold> holds = new ArrayList<>();
    List<String> troubles = new ArrayList<>();
    holds.add(
        new Hold(end(policies.gracePeriod(), life.began()), "the grace period after its start"));
    if (touched != null) {
      holds.add(new Hold(touched, "somebody who came to it (docker exec, attach, keep-alive)"));
    }
    if (byCommand != null) {
      holds.add(new Hold(byCommand, "berth keep-alive"));
    }
    KeepFile file = life.keepFile();
    if (file != null) {
      holds.add(new Hold(end(most, file.counts()), "the file " + policies.keepaliveFile()));
    }
    if (!life.keepFileTrouble().isEmpty()) {
      troubles.add("the keep-alive file can't be read: " + life.keepFileTrouble());
    }
    label(container, end(most, life.began()), holds, troubles);
    return new Holds(holds, troubles);
  }

  private static void label(
      Container container, Instant latest, List<Hold> holds, List<String> troubles) {
    String value = container.labels().get(LABEL);
    if (value == null) {
      return;
    }
    try {
      Instant until = Instant.parse(value.strip());
      holds.add(
          new Hold(until.isBefore(latest) ? until : latest, "its label " + LABEL + "=" + value));
    } catch (DateTimeException e) {
      troubles.add(
          "the label "
              + LABEL
              + " is ignored: '"
              + shown(value)
              + "' is no moment like 2026-03-02T18:00:00Z");
    }
  }

  /** So much of what somebody wrote as tells it, and nothing in it that could steer a terminal. */
  private static String shown(String value) {
    String some = value.length() <= LONGEST ? value : value.substring(0, LONGEST) + "...";
    return some.replaceAll("[\\p{C}\\p{Zl}\\p{Zp}]", "?");
  }

  private static Instant end(TimeLimit limit, Instant start) {
    return limit.after(start).orElse(Instant.MAX);
  }

  /** The one that lasts longest. */
  Hold last() {
    Hold last = holds.get(0);
    for (Hold each : holds) {
      last = each.until.isAfter(last.until) ? each : last;
    }
    return last;
  }

  /** The one that holds at that moment and lasts longest; empty where none does. */
  Optional<Hold> at(Instant now) {
    return Optional.of(last()).filter(hold -> hold.until.isAfter(now));
  }
}
