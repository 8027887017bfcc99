package io.berth.jobs.rules;

import io.berth.jobs.container.EndedBy;
import io.berth.policies.ContainerType;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one container besides the container itself.
 *
 * @param endedBy who ended its last life; {@link EndedBy#UNKNOWN} where none ended
 * @param clock of the rule that is asked, as it stood when last looked at; null where none runs
 * @param warned whether its owner has been told of the act that the clock runs to, in the mode in
 *     force
 * @param floor see {@link Clock#under}
 */
public record Facts(
    ContainerType type,
    Limits limits,
    PolicyBook.Policies policies,
    EndedBy endedBy,
    @Nullable Clock clock,
    boolean warned,
    Instant floor) {}
