/** The daemon as a process of its own, for the tests of the whole and for the demo. */
@NullMarked
package io.berth.daemon.run;

import org.jspecify.annotations.NullMarked;
