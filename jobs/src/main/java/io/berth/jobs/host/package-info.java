/** Facts of the host: its users, its boot, its Engine's start, and where the daemon itself runs. */
@NullMarked
package io.berth.jobs.host;

import org.jspecify.annotations.NullMarked;
