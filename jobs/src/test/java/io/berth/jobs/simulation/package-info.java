/**
 * A server simulated: people, an Engine, GPUs, a host with its clock, and the daemon's own jobs,
 * sampler, allocator and ledger on top. One seed is one run; DESIGN section 8 is checked after
 * every step by a referee that was written from that page.
 */
@NullMarked
package io.berth.jobs.simulation;

import org.jspecify.annotations.NullMarked;
