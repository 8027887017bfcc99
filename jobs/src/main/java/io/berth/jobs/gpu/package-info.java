/**
 * The devices of this host, and who runs on them: one port, {@link io.berth.jobs.gpu.Gpus}, and its
 * NVML binding. Nothing here decides; what can't be read is unknown, with words.
 */
@NullMarked
package io.berth.jobs.gpu;

import org.jspecify.annotations.NullMarked;
