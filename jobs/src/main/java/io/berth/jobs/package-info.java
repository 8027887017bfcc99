/**
 * The jobs: gather facts, ask the rules, hand what is due to the {@link io.berth.jobs.Enforcer}. A
 * job holds no policy and no I/O of its own.
 */
@NullMarked
package io.berth.jobs;

import org.jspecify.annotations.NullMarked;
