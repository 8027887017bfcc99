/** The process: its log and its signals. */
@NullMarked
package io.berth.daemon.process;

import org.jspecify.annotations.NullMarked;
