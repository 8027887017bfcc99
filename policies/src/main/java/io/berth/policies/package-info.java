/**
 * Pure: YAML to a {@link io.berth.policies.PolicyBook} to {@link io.berth.policies.Limits} with
 * provenance. No Docker, no GPU, no clock.
 */
@NullMarked
package io.berth.policies;

import org.jspecify.annotations.NullMarked;
