package io.berth.jobs;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.EndedBy;
import io.berth.jobs.container.Owner;
import io.berth.jobs.container.OwnerChain.Attribution;
import io.berth.policies.ContainerType;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One container with all that Berth knows of it.
 *
 * @param ownerInDoubt why the owner can't be told now; null where {@code owner} is an answer
 * @param protectedBy what makes it infrastructure, in words; null where nothing does
 * @param endedBy who ended its last life; {@link EndedBy#UNKNOWN} where none ended
 * @param lifeStart when its life began; a restart by its restart policy begins none. Null where it
 *     never ran
 */
public record Subject(
    Container container,
    Owner owner,
    @Nullable String ownerInDoubt,
    ContainerType type,
    @Nullable String protectedBy,
    EndedBy endedBy,
    @Nullable Instant lifeStart) {

  public String id() {
    return container.id();
  }

  /** Whether it runs, or will again by itself, and has or asks for GPUs. */
  boolean isRunningWithGpus() {
    return container.gpus().any() && container.state().isLive();
  }

  /**
   * The same, identified anew. An owner once known stays: a directory that is down, or a rename,
   * takes nobody's container away.
   */
  Subject identified(Identification identification) {
    Owner told = owner;
    String inDoubt = null;
    if (!owner.isKnown()) {
      Attribution attribution = identification.attribute(container);
      if (attribution instanceof Attribution.Answered answered) {
        told = answered.owner();
      } else if (attribution instanceof Attribution.Undetermined undetermined) {
        inDoubt = undetermined.why();
      }
    }
    return new Subject(
        container,
        told,
        inDoubt,
        identification.typeOf(container),
        identification.protects(container),
        endedBy,
        lifeStart);
  }

  /** The same with another snapshot of the container. */
  Subject with(Container fresh) {
    return new Subject(fresh, owner, ownerInDoubt, type, protectedBy, endedBy, lifeStart);
  }

  /** The same with another answer to what protects it. */
  Subject protectedBy(@Nullable String protection) {
    return new Subject(container, owner, ownerInDoubt, type, protection, endedBy, lifeStart);
  }
}
