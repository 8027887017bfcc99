package io.berth.jobs;

import static io.berth.policies.LimitKey.SIGTERM_GRACE;

import io.berth.jobs.engine.Engine;
import io.berth.jobs.engine.Engine.ActResult;
import io.berth.jobs.engine.Inventory;
import io.berth.jobs.ledger.Claim;
import io.berth.policies.PolicyBook;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/** How each action is carried out, once the Enforcer has decided that it is. */
final class Deeds {

  private final Engine engine;
  private final Inventory inventory;
  private final DeviceKeeper devices;
  private final InstantSource clock;

  Deeds(Engine engine, Inventory inventory, DeviceKeeper devices, InstantSource clock) {
    this.engine = engine;
    this.inventory = inventory;
    this.devices = devices;
    this.clock = clock;
  }

  /**
   * What came of an act.
   *
   * @param backOff whether the next try is to wait: the same would come of it at once
   */
  record Result(Outcome outcome, String detail, boolean backOff) {

    Result(Outcome outcome, String detail) {
      this(outcome, detail, outcome == Outcome.FAILED);
    }
  }

  /**
   * Returns when it is over, or when the Engine did not answer in time. The container is inspected
   * anew afterwards, whether or not an event tells of it: else an old list would bring back what
   * was removed.
   */
  Result carryOut(Wanted wanted, String source, PolicyBook book) {
    try {
      return resultOf(wanted, source, book);
    } finally {
      inventory.markDirty(wanted.id());
    }
  }

  private Result resultOf(Wanted wanted, String source, PolicyBook book) {
    return switch (wanted.act().cause().action()) {
      case REMOVE -> resultOf(remove(wanted, source));
      case STOP -> resultOf(engine.stop(wanted.id(), grace(wanted.subject(), book)));
      case PAUSE -> resultOf(engine.pause(wanted.id()));
      case WARN, RELEASE ->
          throw new IllegalStateException("no act on a container: " + wanted.act().cause());
    };
  }

  /** Its devices are freed first, and given back if it stays. */
  private ActResult remove(Wanted wanted, String source) {
    Subject subject = wanted.subject();
    List<Claim> released =
        devices.releaseForRemoval(
            subject, wanted.act().cause().reason().word(), source, clock.instant());
    ActResult result = engine.remove(subject.id());
    if (result.kind() == ActResult.Kind.REFUSED || result.kind() == ActResult.Kind.FAILED) {
      devices.takeBack(subject, released, source, clock.instant());
    }
    return result;
  }

  /**
   * Between SIGTERM and SIGKILL: {@code sigterm_grace}, or the container's own StopTimeout up to
   * {@code sigterm_grace_max} where that is longer.
   */
  static Duration grace(Subject subject, PolicyBook book) {
    Duration grace = book.limitsFor(subject.owner().name(), subject.type()).get(SIGTERM_GRACE);
    Duration own = subject.container().stopTimeout();
    Duration most = book.policies().sigtermGraceMax();
    if (own == null || own.compareTo(grace) <= 0) {
      return grace;
    }
    return own.compareTo(most) < 0 ? own : most.compareTo(grace) > 0 ? most : grace;
  }

  private static Result resultOf(ActResult result) {
    return switch (result.kind()) {
      case DONE -> new Result(Outcome.DONE, "");
      case GONE -> new Result(Outcome.DROPPED, "it was gone already");
      case ALREADY -> new Result(Outcome.DROPPED, "it was so already");
      case REFUSED -> new Result(Outcome.DROPPED, "the Engine refused: " + result.detail(), true);
      case FAILED -> new Result(Outcome.FAILED, result.detail() + "; it is looked at again later");
    };
  }
}
