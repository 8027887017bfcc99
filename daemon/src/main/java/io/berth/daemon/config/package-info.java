/** The policy book in force: how it starts, how it is replaced, and the last good one on disk. */
@NullMarked
package io.berth.daemon.config;

import org.jspecify.annotations.NullMarked;
