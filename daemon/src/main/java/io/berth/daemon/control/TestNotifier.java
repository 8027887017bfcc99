package io.berth.daemon.control;

import java.util.Map;

/** Sends a user a message that says it is a test, by every channel there is. */
@FunctionalInterface
public interface TestNotifier {

  /** What came of it by each channel: {@code sent}, {@code off}, or why it failed. */
  Map<String, String> test(String user, String who);
}
