package io.berth.jobs;

import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Ends one process of the host. */
public interface ProcessKiller {

  /**
   * Sends it a SIGKILL if it still is the one that is meant. Never throws, and waits for nothing.
   *
   * @param isStill asked when there is a hold on the process and right before the signal
   * @return {@code DONE} if it was sent, {@code DROPPED} if the process is gone or another one,
   *     {@code FAILED} if the host refused
   */
  Outcome kill(int pid, BooleanSupplier isStill);

  /**
   * By the JDK's own handle, which remembers when the process started and compares that once more
   * before kill(2). What remains is the moment between those two: the process would have to end, be
   * reaped, and its pid be given out again after a turn through all others.
   */
  static ProcessKiller onHost() {
    return (pid, isStill) -> {
      Optional<ProcessHandle> handle = ProcessHandle.of(pid);
      if (handle.isEmpty() || !isStill.getAsBoolean()) {
        return Outcome.DROPPED;
      }
      try {
        return handle.get().destroyForcibly() ? Outcome.DONE : Outcome.FAILED;
      } catch (IllegalStateException thisProcess) {
        return Outcome.FAILED;
      }
    };
  }
}
