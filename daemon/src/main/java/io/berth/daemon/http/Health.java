package io.berth.daemon.http;

import java.util.List;

/** What the two health pages say; an empty list is well. Quick, and without throwing. */
public interface Health {

  /** What is broken in the process itself, so that restarting it could help. */
  List<String> ailments();

  /** What keeps it from doing its work now, such as an Engine that does not answer. */
  List<String> hindrances();
}
