package io.berth.daemon.control;

import io.berth.policies.PolicyBook;
import io.berth.policies.Problem;
import java.util.List;

/**
 * What came of reading the configuration again.
 *
 * @param accepted whether {@code after} is in force now
 * @param problems errors where it was refused; else notes
 * @param atNextStart keys that changed and count only from the next start on
 * @param after the same as {@code before} where it was refused
 */
public record Reloaded(
    boolean accepted,
    List<Problem> problems,
    List<String> atNextStart,
    PolicyBook before,
    PolicyBook after) {}
