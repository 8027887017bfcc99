/** Tests of the control socket, through the socket. */
@NullMarked
package io.berth.daemon.control;

import org.jspecify.annotations.NullMarked;
