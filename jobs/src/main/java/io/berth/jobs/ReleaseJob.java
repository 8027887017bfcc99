package io.berth.jobs;

import static io.berth.jobs.rules.Clock.later;

import io.berth.jobs.container.Owner;
import io.berth.jobs.engine.Engine;
import io.berth.jobs.engine.EngineException;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.Tables;
import io.berth.jobs.rules.Clock;
import io.berth.jobs.rules.Facts;
import io.berth.jobs.rules.HoldRule;
import io.berth.jobs.rules.Idleness;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Releases devices whose hold or reservation is over. The end of a hold is a fact, so it happens in
 * observe as well: no container is touched. Before a release the container is inspected again, and
 * the claim read again: what changed meanwhile, or was promised for longer, is not released.
 */
final class ReleaseJob {

  private static final String SOURCE = JobName.GPU_RELEASE.word();
  private static final Logger log = LoggerFactory.getLogger(ReleaseJob.class);

  private final Engine engine;
  private final Ledger ledger;
  private final InstantSource clock;
  private final InFlight inFlight;
  private final Executor lanes;
  private final HoldRule rule = new HoldRule();

  ReleaseJob(Engine engine, Ledger ledger, InstantSource clock, InFlight inFlight, Executor lanes) {
    this.engine = engine;
    this.ledger = ledger;
    this.clock = clock;
    this.inFlight = inFlight;
    this.lanes = lanes;
  }

  /**
   * One sweep; the releases may go on after it.
   *
   * @param unchanged whether policies, clocks and the Engine still are those of the picture; asked
   *     right before each release
   */
  List<CompletableFuture<Outcome>> sweep(Picture picture, Mode mode, BooleanSupplier unchanged) {
    Map<String, List<Claim>> held = new HashMap<>();
    for (Claim claim : ledger.read(tables -> tables.devices().allocation().claims())) {
      if (claim.state() == Claim.State.HELD) {
        held.computeIfAbsent(claim.holder(), id -> new ArrayList<>()).add(claim);
      } else if (claim.isReservation()) {
        expire(claim, mode, picture.now());
      }
    }
    List<CompletableFuture<Outcome>> releases = new ArrayList<>();
    for (Subject subject : picture.subjects()) {
      for (Claim claim : held.getOrDefault(subject.id(), List.of())) {
        Verdict verdict =
            rule.judge(subject.container(), facts(subject, claim, picture), picture.now());
        Claim promised = promise(claim, verdict);
        if (verdict instanceof Verdict.Act act) {
          Map<String, Object> numbers = new HashMap<>(act.cause().numbers());
          numbers.put("until", String.valueOf(promised.until()));
          ClaimChange end = ClaimChange.release(promised, "berth", "hold_expired", numbers);
          releases.add(
              CompletableFuture.supplyAsync(() -> release(subject, end, mode, unchanged), lanes));
        }
      }
    }
    return releases;
  }

  private void expire(Claim reservation, Mode mode, Instant now) {
    Instant until = reservation.until();
    if (until != null && !now.isBefore(until)) {
      ClaimChange end =
          ClaimChange.release(
              reservation, "berth", "reservation_expired", Map.of("until", until.toString()));
      write(end, null, mode, now);
    }
  }

  /**
   * Keeps what is promised now, where that moved later; of a claim that stands no more, nothing.
   */
  private Claim promise(Claim claim, Verdict verdict) {
    Optional<Clock> running = verdict.clock();
    Instant due = running.map(Clock::due).map(Tables::cut).orElse(null);
    if (!Objects.equals(due, claim.until())) {
      ledger.update(
          tables -> {
            if (tables.devices().stands(claim)) {
              tables.devices().promise(claim, due);
            }
          });
    }
    return claim.until(due);
  }

  private static Facts facts(Subject subject, Claim claim, Picture picture) {
    PolicyBook book = picture.book();
    Instant floor = later(picture.boot(), picture.engineUp());
    Instant promised = claim.until();
    return new Facts(
        subject.type(),
        book.limitsFor(subject.owner().name(), subject.type()),
        book.policies(),
        subject.endedBy(),
        subject.lifeStart(),
        Idleness.unknown("it does not run"),
        false,
        null,
        promised == null ? null : new Clock(claim.since(), promised),
        null,
        floor.isAfter(picture.now()) ? picture.now() : floor);
  }

  private Outcome release(Subject subject, ClaimChange end, Mode mode, BooleanSupplier unchanged) {
    if (!inFlight.take(subject.id())) {
      return Outcome.DROPPED;
    }
    try {
      boolean same =
          engine
              .inspect(subject.id())
              .filter(fresh -> !Enforcer.hasMoved(subject.container(), fresh))
              .isPresent();
      if (!same || !unchanged.getAsBoolean()) {
        return Outcome.DROPPED;
      }
      return write(end, subject, mode, clock.instant()) ? Outcome.DONE : Outcome.DROPPED;
    } catch (EngineException | UncheckedIOException e) {
      LogFields.about(log.atWarn(), subject)
          .log(
              "{} keeps {} for now: it could not be inspected again: {}",
              end.before().name(),
              end.before().device(),
              e.getMessage());
      return Outcome.FAILED;
    } finally {
      inFlight.release(subject.id());
    }
  }

  /** False where the claim is not what it was, or was promised for longer since. */
  private boolean write(ClaimChange change, @Nullable Subject subject, Mode mode, Instant now) {
    Owner owner = subject == null ? new Owner(change.before().owner(), "ledger") : subject.owner();
    return ledger.write(
        tables -> {
          boolean stands = tables.devices().stands(change.before());
          if (stands) {
            change.write(tables.devices(), owner, SOURCE, mode, now);
          }
          return stands;
        });
  }
}
