package io.berth.jobs;

import io.berth.jobs.container.Container;
import io.berth.jobs.ledger.Ledger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * When the Engine was down lately, so that what it stopped by going down can be told from what its
 * user stopped. Survives a restart of the daemon.
 *
 * <p>The Engine says nowhere when it started. Its process does, where it can be found on this host;
 * else a broken event stream, or the time the daemon itself was down, counts as an outage: in doubt
 * a container is kept longer.
 */
final class Outages {

  /**
   * A contact may be of an Engine that already stops its containers, which takes 15 s each by
   * default, in parallel: where a proxy answers its pings, see {@link
   * io.berth.jobs.engine.Engine#ping}.
   */
  private static final Duration SHUTDOWN = Duration.ofSeconds(30);

  /** After its start the Engine marks as exited what died with it. */
  private static final Duration RESTORE = Duration.ofSeconds(60);

  /** How far back to look where nobody was watching before. */
  private static final Duration UNWATCHED = Duration.ofMinutes(10);

  /**
   * The kernel tells the host's boot, which the Engine's start is counted from, to the second: the
   * start is told up to a second early.
   */
  static final Duration PRECISION = Duration.ofSeconds(1);

  /** The Engine stamps the start of what ends at once after its end. */
  private static final Duration STAMPED_LATE = Duration.ofSeconds(10);

  private static final Duration KEEP_EVERY = Duration.ofSeconds(10);

  /** So many are known: a container that nobody could look at between as many of them is rare. */
  private static final int MOST = 8;

  /**
   * @param from what ended before was not ended by it
   * @param start when the Engine was up again: a life that began later was not ended by it
   */
  private record Outage(Instant from, Instant start) {

    /** A start that is stamped well behind the end is of a clock that was set back since. */
    boolean ended(Instant startedAt, Instant finishedAt) {
      return (startedAt.isBefore(start.plus(PRECISION))
              || startedAt.isAfter(finishedAt.plus(STAMPED_LATE)))
          && !finishedAt.isBefore(from)
          && !finishedAt.isAfter(start.plus(RESTORE));
    }

    Outage plus(Duration shift) {
      return new Outage(from.plus(shift), start.plus(shift));
    }

    String words() {
      return from + " " + start;
    }

    boolean startedAt(Instant other) {
      return Duration.between(start, other).abs().compareTo(PRECISION) <= 0;
    }
  }

  private final Ledger ledger;
  private @Nullable Instant contact;
  private @Nullable Instant keptContact;

  /**
   * The latest one first, by the clock as it is now. Then those before it, and each by the clock
   * that stamped what it ended, where that was set back since: a container may be seen again only
   * after the next outage.
   */
  private List<Outage> outages;

  /** The contact by the clock before it was set back; null where an answer came since. */
  private @Nullable Instant formerContact;

  /** The event stream broke, and no answer came since that tells whether the Engine is another. */
  private boolean streamBroke;

  private boolean isConnected;

  Outages(Ledger ledger) {
    this.ledger = ledger;
    List<Instant> contacts = instants("engine.contact");
    this.contact = contacts.isEmpty() ? null : contacts.get(0);
    this.formerContact = contacts.size() < 2 ? null : contacts.get(1);
    List<Instant> kept = instants("engine.outage");
    this.outages = new ArrayList<>();
    for (int i = 0; i + 1 < kept.size(); i += 2) {
      outages.add(new Outage(kept.get(i), kept.get(i + 1)));
    }
    this.streamBroke = contact != null;
  }

  private List<Instant> instants(String fact) {
    return ledger.read(tables -> tables.fact(fact)).stream()
        .flatMap(text -> Stream.of(text.split(" ", -1)))
        .map(Instant::parse)
        .toList();
  }

  /** The event stream broke. */
  synchronized void streamBroke() {
    streamBroke = true;
    isConnected = false;
  }

  /** Whether the Engine may have gone down since it last answered. */
  synchronized boolean isInDoubt() {
    return streamBroke;
  }

  /** It is open. */
  synchronized void streamConnected() {
    isConnected = true;
  }

  /** The Engine answered at {@code now}; {@code engineStart} is null where it can't be told. */
  synchronized void answered(Instant now, @Nullable Instant engineStart) {
    Outage outage = outageBefore(now, engineStart);
    List<Outage> found =
        outage == null
            ? outages
            : before(Stream.concat(Stream.of(outage), byFormerClock(outage).stream()));
    if (outage != null
        || formerContact != null
        || keptContact == null
        || Duration.between(keptContact, now).abs().compareTo(KEEP_EVERY) >= 0) {
      // First: where it can't be written, the next answer finds the same again.
      keep(found, now, null);
      keptContact = now;
    }
    outages = found;
    contact = now;
    formerContact = null;
    if (outage != null || isConnected) { // else it may just be going down
      streamBroke = false;
    }
  }

  /** These, and then those there are. */
  private List<Outage> before(Stream<Outage> these) {
    return Stream.concat(these, outages.stream()).distinct().limit(MOST).toList();
  }

  /** The outage that is over with this answer; null where there was none. */
  private @Nullable Outage outageBefore(Instant now, @Nullable Instant engineStart) {
    Instant before = contact;
    if (engineStart != null) {
      if (before == null || outages.isEmpty()) {
        return new Outage(engineStart.minus(UNWATCHED), engineStart);
      }
      // Not told by the contact alone: a quick restart may be noticed late, after more contacts.
      Instant lastUp = before.isBefore(engineStart) ? before : engineStart;
      return outages.get(0).startedAt(engineStart)
          ? null
          : new Outage(lastUp.minus(SHUTDOWN), engineStart);
    }
    return streamBroke && before != null ? new Outage(before.minus(SHUTDOWN), now) : null;
  }

  /** Empty where the clock is as it was at the last contact: then nothing has another stamp. */
  private Optional<Outage> byFormerClock(Outage outage) {
    return contact == null || formerContact == null
        ? Optional.empty()
        : Optional.of(outage.plus(Duration.between(contact, formerContact)));
  }

  private void keep(List<Outage> all, Instant now, @Nullable Instant former) {
    ledger.update(
        tables -> {
          if (!all.equals(outages)) {
            tables.keep(
                "engine.outage", all.stream().map(Outage::words).collect(Collectors.joining(" ")));
          }
          tables.keep("engine.contact", former == null ? now.toString() : now + " " + former);
        });
  }

  /**
   * The wall clock was set back. What was noted lies ahead of it now, and would hide the next
   * outage until then. After a jump forward it stays: a container is kept longer in doubt.
   */
  synchronized void clockWentBack(Duration jump) {
    Instant seen = contact;
    if (seen != null) {
      List<Outage> moved = before(outages.stream().limit(1).map(each -> each.plus(jump)));
      Instant former = formerContact == null ? seen : formerContact;
      keep(moved, seen.plus(jump), former);
      outages = moved;
      contact = seen.plus(jump);
      formerContact = former;
    }
  }

  /** When the Engine was last seen to come up; empty where it never was. */
  synchronized Optional<Instant> lastStart() {
    return outages.stream().findFirst().map(Outage::start);
  }

  /** Whether the container's last life was ended by the Engine, or the host, going down. */
  synchronized boolean ended(Container container) {
    Instant startedAt = container.startedAt();
    Instant finishedAt = container.finishedAt();
    return startedAt != null
        && finishedAt != null
        && outages.stream().anyMatch(each -> each.ended(startedAt, finishedAt));
  }
}
