package io.berth.daemon.demo;

/**
 * What becomes of a container, and of its GPU.
 *
 * @param word as shown
 */
record Fate(String word, Kind kind, GpuFate gpu) {

  enum Kind {
    /** Berth removes it; the word is the reason. */
    REMOVED,
    /** Somebody else removed it, which Berth tells once. */
    GONE,
    /** Untouched, and never warned of a stop. */
    KEPT,
    /** Warned of a stop to the last, and then untouched because of what was done about it. */
    SPARED,
    /** Untouched although its limit is reached, because its owner is exempt from it. */
    EXEMPT,
    /**
     * Berth stops it, warned, and keeps it for {@code interrupted_hold}; the word is the reason.
     */
    STOPPED,
    /** Berth freezes it, warned. */
    PAUSED,
    /** Berth tries to stop it, warned; the Engine fails, which is told, and it runs on. */
    STUCK,
    /** The Engine's restart stops it; Berth keeps it for {@code interrupted_hold}. */
    INTERRUPTED
  }

  static final Fate GONE = new Fate("removed by its user", Kind.GONE, GpuFate.NONE);
  static final Fate KEPT = new Fate("never touched", Kind.KEPT, GpuFate.NONE);
  static final Fate SPARED = new Fate("warned twice, then spared", Kind.SPARED, GpuFate.OWN);
  static final Fate EXEMPT = new Fate("exempt: idle_timeout", Kind.EXEMPT, GpuFate.OWN);
  static final Fate INTERRUPTED = new Fate("kept: interrupted", Kind.INTERRUPTED, GpuFate.NONE);

  static final Fate STUCK = new Fate("stop failed: told", Kind.STUCK, GpuFate.OWN);

  static Fate removed(String reason) {
    return new Fate("removed: " + reason, Kind.REMOVED, GpuFate.NONE);
  }

  static Fate stopped(String reason) {
    return new Fate("stopped: " + reason + ", kept", Kind.STOPPED, GpuFate.HELD_THEN_RELEASED);
  }

  static Fate paused(String reason) {
    return new Fate("paused: " + reason, Kind.PAUSED, GpuFate.OWN);
  }

  Fate with(GpuFate of) {
    return new Fate(word, kind, of);
  }

  boolean endsBeforeTheRestart() {
    return kind == Kind.REMOVED || kind == Kind.GONE;
  }
}
