package io.berth.jobs;

import io.berth.jobs.engine.Engine;
import io.berth.jobs.engine.EngineException;
import io.berth.jobs.engine.Inventory;
import io.berth.jobs.ledger.Ledger;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Looks at all containers and brings the ledger in line: what every sweep starts with. One look at
 * a time, so that what an older one saw never overwrites what a newer one wrote.
 */
public final class Lookout {

  private final Inventory inventory;
  private final InstantSource clock;
  private final Supplier<HostState> host;
  private final Outages outages;
  private final Signals signals = new Signals();
  private final Reconciler reconciler;
  private final DeviceKeeper devices;
  private final Pulse pulse;
  private final InFlight inFlight;
  private final Tally tally;
  private volatile boolean hasLooked;

  Lookout(
      Inventory inventory,
      Ledger ledger,
      InstantSource clock,
      Supplier<HostState> host,
      DeviceKeeper devices,
      Pulse pulse,
      InFlight inFlight,
      Tally tally) {
    this.inventory = inventory;
    this.clock = clock;
    this.host = host;
    this.outages = new Outages(ledger);
    this.reconciler = new Reconciler(ledger, outages, signals, pulse, clock.instant());
    this.devices = devices;
    this.pulse = pulse;
    this.inFlight = inFlight;
    this.tally = tally;
  }

  /** A picture, and how much had changed since the last one. */
  record Look(Picture picture, int changes) {}

  /**
   * Looks.
   *
   * @param fresh whether every container is inspected anew
   * @throws EngineException if the containers can't be listed; nothing is recorded then
   */
  synchronized Look look(PolicyBook book, Identification identification, Mode mode, boolean fresh)
      throws EngineException {
    long survey = inFlight.surveying();
    try {
      Inventory.Survey seen = fresh ? inventory.takeFresh() : inventory.take();
      Instant now = clock.instant(); // after it: no clock starts before what starts it
      HostState facts = host.get();
      outages.answered(now, facts.engineStart());
      Map<String, String> failed = seen.failed();
      Predicate<String> inHand = id -> inFlight.isTouched(id, survey);
      Reconciler.Result result =
          reconciler.reconcile(
              seen.containers(), failed.keySet(), inHand, identification, mode, now);
      int moved = devices.reconcile(result.seen(), failed.keySet(), inHand, book, mode, fresh, now);
      tally.counted(result.subjects());
      hasLooked = true;
      return new Look(
          picture(now, book, result.subjects(), failed, facts), result.changes() + moved);
    } finally {
      inFlight.surveyed();
    }
  }

  /** Whether the Engine has not started anew since: that begins every clock anew. */
  boolean isOfThisEngine(Picture picture) {
    HostState facts = host.get();
    boolean mayBeAnother = facts.engineStart() == null && outages.isInDoubt();
    return !mayBeAnother && !engineUp(facts).isAfter(picture.engineUp().plus(Outages.PRECISION));
  }

  /** Whether there was a look since the daemon began. */
  boolean hasLooked() {
    return hasLooked;
  }

  void clockJumped(Duration jump) {
    if (jump.isNegative()) {
      outages.clockWentBack(jump);
    }
  }

  private Picture picture(
      Instant now,
      PolicyBook book,
      List<Subject> subjects,
      Map<String, String> failed,
      HostState facts) {
    return new Picture(now, book, subjects, failed, engineUp(facts), facts.boot());
  }

  private Instant engineUp(HostState facts) {
    return facts.engineStart() != null
        ? facts.engineStart()
        : outages.lastStart().orElse(Instant.MIN);
  }

  private void executed(Engine.Event event) {
    if (event.action().startsWith("exec_start")) {
      pulse.executed(event.containerId(), event.action(), at(event));
    }
  }

  /** One that is told again may be of before a step back of the clock. */
  private Instant at(Engine.Event event) {
    Instant now = clock.instant();
    return event.at().isAfter(now) ? now : event.at();
  }

  /**
   * What the event stream tells.
   *
   * @param somethingHappened called when it is time to look again
   */
  public Engine.EventListener listener(Runnable somethingHappened) {
    return new Engine.EventListener() {
      @Override
      public void connected() {
        inventory.streamConnected();
        outages.streamConnected();
        signals.watching(clock.instant());
        somethingHappened.run();
      }

      @Override
      public void event(Engine.Event event) {
        if (event.action().startsWith("exec_")) {
          executed(event);
          return; // none changes what is looked at here
        }
        if (event.action().equals("attach") || event.action().equals("unpause")) {
          pulse.touched(event.containerId(), at(event));
        }
        inventory.markDirty(event.containerId());
        if (event.action().equals("kill")) {
          signals.signalled(event.containerId(), event.at());
        }
        somethingHappened.run();
      }

      @Override
      public void disconnected(String why) {
        inventory.streamLost();
        signals.blind();
        outages.streamBroke();
      }
    };
  }
}
