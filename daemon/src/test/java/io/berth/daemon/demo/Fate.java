package io.berth.daemon.demo;

/**
 * What becomes of a container.
 *
 * @param word as shown
 */
record Fate(String word, Kind kind) {

  enum Kind {
    /** Berth removes it; the word is the reason. */
    REMOVED,
    /** Somebody else removed it, which Berth tells once. */
    GONE,
    /** Untouched. */
    KEPT,
    /** The Engine's restart stops it; Berth keeps it for {@code interrupted_hold}. */
    INTERRUPTED
  }

  static final Fate GONE = new Fate("removed by its user", Kind.GONE);
  static final Fate KEPT = new Fate("never touched", Kind.KEPT);
  static final Fate INTERRUPTED = new Fate("kept: interrupted", Kind.INTERRUPTED);

  static Fate removed(String reason) {
    return new Fate("removed: " + reason, Kind.REMOVED);
  }

  boolean endsBeforeTheRestart() {
    return kind == Kind.REMOVED || kind == Kind.GONE;
  }
}
