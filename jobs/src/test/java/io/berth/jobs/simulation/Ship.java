package io.berth.jobs.simulation;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.container.Containers;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A simulated container, and what really happened to it, in real time. */
final class Ship {

  /** Who or what ended its last life. */
  enum End {
    SELF,
    USER,
    ENGINE,
    BERTH
  }

  final long salt;
  final Habit habit;
  Container container;

  /** When its state last changed, by whoever's doing. */
  Duration moved = Duration.ZERO;

  /** When somebody started it; a restart by its policy is none. */
  Duration lifeStart = Duration.ZERO;

  /** When it last computed. */
  Duration worked = Duration.ZERO;

  /** When it last did anything, or somebody came to it. */
  Duration busy = Duration.ZERO;

  /** Until when what it does can't have been seen. */
  Duration unseen = Duration.ZERO;

  /** When the Engine failed to tell of it, and has not told since; null: it did. */
  @Nullable Duration missed;

  /** When somebody last resumed it, and the daemon could know. */
  Duration resumed = Duration.ZERO;

  /** The keep-alive file's mtime, as the wall clock was then; null where there is none. */
  @Nullable Instant keepFile;

  /** When somebody gave it that. */
  Duration touched = Duration.ZERO;

  /** The journal says that it is paused. */
  boolean pauseTold;

  /** Its policy restarted it after a restart of which no event told: nobody can tell its age. */
  boolean ageless;

  /** Somebody restarted it, and no event told: a restart by its policy hides that. */
  boolean restartUnheard;

  End end = End.SELF;

  /** When somebody told it to end, by the Engine's clock; null where nobody did in this life. */
  @Nullable Instant told;

  boolean stubborn;

  /** The Engine lists it, and tells nothing of it. */
  boolean mute;

  /** It was told to end, and has not yet. */
  boolean ending;

  boolean adminProtected;

  /** The journal's last row when it last changed. */
  long movedAtRow;

  long cpuMicros;
  long networkBytes;

  Ship(long salt, Habit habit, Container container) {
    this.salt = salt;
    this.habit = habit;
    this.container = container;
  }

  String id() {
    return container.id();
  }

  String name() {
    return container.name();
  }

  State state() {
    return container.state();
  }

  boolean isProtected() {
    return adminProtected || container.labels().containsKey("ds01.protected");
  }

  /** Whether nothing can be done to it, or not even told of it. */
  boolean fails() {
    return stubborn || mute;
  }

  boolean isPinned() {
    return !container.gpus().devices().isEmpty();
  }

  boolean isOn(String device) {
    return container.gpus().devices().contains(device);
  }

  void change(UnaryOperator<Containers> how) {
    container = how.apply(Containers.from(container)).build();
  }

  /** Dice of its own for one unit of its life: the same whatever happens to others. */
  Random dice(Duration real, Pace pace) {
    return new Random(salt * 1_000_003 + pace.in(real) * 7919);
  }

  @Override
  public String toString() {
    return "%s (%s, %s)".formatted(name(), habit, state().word());
  }
}
