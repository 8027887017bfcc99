package io.berth.jobs.activity;

import io.berth.jobs.ledger.Tables;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A container's keep-alive file.
 *
 * @param modified its mtime
 * @param counts from when it holds: its mtime or, where that lay in the future, when it was first
 *     seen with it
 */
record KeepFile(Instant modified, Instant counts) {

  /** The file as it is seen now, given how it was seen before. */
  static KeepFile seen(Instant modified, @Nullable KeepFile before, Instant now) {
    Instant kept = Tables.cut(modified);
    if (before != null && before.modified.equals(kept)) {
      return before;
    }
    return new KeepFile(kept, kept.isAfter(now) ? now : kept);
  }
}
