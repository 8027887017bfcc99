package io.berth.jobs;

import io.berth.policies.PolicyBook;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * All containers at one moment, as a sweep judges them.
 *
 * @param now the moment; the only one a sweep knows
 * @param failed containers that could not be inspected, by id, and why: nothing is known of them,
 *     so nothing is done
 * @param engineUp the Engine's start, as far as it is known; {@link Instant#MIN} where it is not
 * @param boot the host's boot
 */
public record Picture(
    Instant now,
    PolicyBook book,
    List<Subject> subjects,
    Map<String, String> failed,
    Instant engineUp,
    Instant boot) {

  public Picture {
    subjects = List.copyOf(subjects);
    failed = Map.copyOf(failed);
  }
}
