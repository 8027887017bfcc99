/**
 * One rule a job: a container, its limits, what is known of it and a moment go in, a {@link
 * io.berth.jobs.rules.Verdict} with its reason and its next deadline comes out. Pure, total,
 * deterministic: what decides is what explains.
 */
@NullMarked
package io.berth.jobs.rules;

import org.jspecify.annotations.NullMarked;
