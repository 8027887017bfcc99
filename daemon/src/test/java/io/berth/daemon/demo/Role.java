package io.berth.daemon.demo;

import java.util.List;

/**
 * One container of the demo.
 *
 * @param owner who Berth is to say owns it
 * @param told the step of the chain that is to tell (details.owner_source)
 * @param was what it is, for people
 * @param entrance how it comes to be what it is, and what its user does about what is told of it
 * @param docker arguments for {@code docker create} or {@code docker run -d} before the image
 * @param command what it runs
 */
record Role(
    String name,
    String owner,
    String told,
    String was,
    Fate fate,
    Entrance entrance,
    List<String> docker,
    List<String> command) {

  enum Entrance {
    CREATED,
    START_FAILS,
    RUNS,
    RUNS_THEN_PAUSED,
    RUNS_THEN_STOPPED_BY_USER,
    /** Its user starts it again as soon as its removal is announced. */
    RESTARTED_IN_ITS_HOLD,
    /** Its user removes it as soon as its removal is announced. */
    REMOVED_BY_USER,
    /** It begins to work as soon as it is warned for the last time. */
    WAKES_UP,
    /** Its user runs something in it whenever it is warned for the last time. */
    VISITED,
    /** Its user stops it as soon as it runs. */
    STOPPED_BY_USER,
    /** The same, and its user starts it again as soon as its GPU is held. */
    STOPPED_AND_RESTARTED
  }
}
