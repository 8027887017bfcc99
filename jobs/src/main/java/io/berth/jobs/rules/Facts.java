package io.berth.jobs.rules;

import io.berth.jobs.container.EndedBy;
import io.berth.jobs.rules.ConflictRule.Intrusion;
import io.berth.policies.ContainerType;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one container besides the container itself.
 *
 * @param endedBy who ended its last life; {@link EndedBy#UNKNOWN} where none ended
 * @param lifeStart when its life began; a restart by its restart policy begins none. Null where it
 *     never ran
 * @param idleness whether it does anything; of a container that runs with GPUs
 * @param highDemand whether so many GPUs are taken that idle ones are wanted back sooner
 * @param intrusion on which device it is that became another's; null: on none, or nobody asked
 * @param clock of the rule that is asked, as it stood when last looked at; null where none runs
 * @param promised a time that was announced before this clock began to run: nothing is done sooner.
 *     Null where there is none
 * @param floor see {@link Clock#under}
 */
public record Facts(
    ContainerType type,
    Limits limits,
    PolicyBook.Policies policies,
    EndedBy endedBy,
    @Nullable Instant lifeStart,
    Idleness idleness,
    boolean highDemand,
    @Nullable Intrusion intrusion,
    @Nullable Clock clock,
    @Nullable Instant promised,
    Instant floor) {

  /** The same, with the clock of a rule. */
  public Facts with(@Nullable Clock running, @Nullable Instant promise) {
    return new Facts(
        type,
        limits,
        policies,
        endedBy,
        lifeStart,
        idleness,
        highDemand,
        intrusion,
        running,
        promise,
        floor);
  }
}
