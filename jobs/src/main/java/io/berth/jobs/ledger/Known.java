package io.berth.jobs.ledger;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.EndedBy;
import io.berth.jobs.container.Owner;
import io.berth.policies.ContainerType;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One container as the ledger last knew it. What differs from what the Engine says now is what
 * happened since.
 *
 * @param finishedAt end of the last life; null where none ended
 * @param endedBy who ended it; {@link EndedBy#UNKNOWN} where none ended
 */
public record Known(
    String id,
    String name,
    Owner owner,
    ContainerType type,
    Container.State state,
    Instant created,
    @Nullable Instant startedAt,
    @Nullable Instant finishedAt,
    EndedBy endedBy) {

  /** The same in another state of the same life. */
  public Known in(Container.State other) {
    return new Known(id, name, owner, type, other, created, startedAt, finishedAt, endedBy);
  }
}
