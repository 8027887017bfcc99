package io.berth.jobs;

import io.berth.jobs.rules.Action;
import java.util.concurrent.Executor;

/**
 * Where acts run, a bounded number at once. A stop lasts as long as its container's grace, so stops
 * have a lane of their own: they delay nothing else.
 */
public record Lanes(Executor acts, Executor stops) {

  Executor of(Action action) {
    return action == Action.STOP ? stops : acts;
  }
}
