package io.berth.jobs.simulation;

import java.time.Duration;
import java.util.Random;

/** How people use a container. */
enum Habit {
  /** Works in bursts, with pauses of which some are long. */
  TRAINER,
  /** Is worked in for a while and left open. */
  NOTEBOOK,
  /** Is created and forgotten. */
  FORGOTTEN,
  /** Fails after a few minutes, and is started or made again by somebody who does not give up. */
  RETRIED,
  /** Fails and is restarted by its restart policy. */
  REVIVED,
  /** Comes from a wrapper that allocates first, and ends by itself. */
  WRAPPED,
  /** One of several of a Compose stack, without a GPU. */
  STACKED,
  /** Is idle, and somebody comes to it now and then, at three in the night as well. */
  VISITED,
  /** Runs with {@code --rm}. */
  PASSING,
  /** Asks for all GPUs and names none. */
  WATCHING,
  /** Is infrastructure. */
  GUARDED;

  /** Whether it works in the minute that ends there. */
  boolean works(Ship ship, Duration real, Pace pace) {
    long minute = pace.in(real.minus(ship.lifeStart));
    return switch (this) {
      case TRAINER -> {
        long period = 15L + Math.floorMod(ship.salt, 50);
        yield minute % period < period * 2 / 3;
      }
      case NOTEBOOK, PASSING -> minute < 5 + Math.floorMod(ship.salt, 20);
      case WRAPPED, RETRIED, REVIVED -> true;
      case FORGOTTEN, STACKED, VISITED, WATCHING, GUARDED -> false;
    };
  }

  /** Whether it ends by itself in that minute. */
  boolean ends(Random dice) {
    return switch (this) {
      case RETRIED, REVIVED -> dice.nextInt(6) == 0;
      case WRAPPED -> dice.nextInt(40) == 0;
      case TRAINER, STACKED -> dice.nextInt(120) == 0;
      default -> false;
    };
  }
}
