/** The {@code berth} command. */
@NullMarked
package io.berth.daemon.cli;

import org.jspecify.annotations.NullMarked;
