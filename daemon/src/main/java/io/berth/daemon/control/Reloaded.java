package io.berth.daemon.control;

import io.berth.jobs.Prospect;
import io.berth.policies.PolicyBook;
import io.berth.policies.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of reading the configuration again, or would come of reading another one.
 *
 * @param accepted whether it is good, so that {@code after} is in force, or would be
 * @param problems errors where it was refused; else notes
 * @param atNextStart keys that changed and count only from the next start on
 * @param after the same as {@code before} where it was refused
 * @param prospect what that changes in what is to come; null where it was refused, or the Engine
 *     does not answer
 */
public record Reloaded(
    boolean accepted,
    List<Problem> problems,
    List<String> atNextStart,
    PolicyBook before,
    PolicyBook after,
    @Nullable Prospect prospect) {

  public static Reloaded refused(List<Problem> problems, PolicyBook inForce) {
    return new Reloaded(false, problems, List.of(), inForce, inForce, null);
  }
}
