/** When jobs run: Quartz, with its traps taken out (docs/design-decisions.md). */
@NullMarked
package io.berth.daemon.schedule;

import org.jspecify.annotations.NullMarked;
