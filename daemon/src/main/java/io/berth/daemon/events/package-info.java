/** The event log: the journal's events as lines of a file (DESIGN section 7). */
@NullMarked
package io.berth.daemon.events;

import org.jspecify.annotations.NullMarked;
