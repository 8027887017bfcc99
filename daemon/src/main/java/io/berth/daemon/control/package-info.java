/** The control socket: who asks, what they may, and what they get. */
@NullMarked
package io.berth.daemon.control;

import org.jspecify.annotations.NullMarked;
