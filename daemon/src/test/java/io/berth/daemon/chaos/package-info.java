/**
 * Real faults on a real Engine, by dev/chaos: what breaks, who works meanwhile, and the verdict.
 */
@NullMarked
package io.berth.daemon.chaos;

import org.jspecify.annotations.NullMarked;
