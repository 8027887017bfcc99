/** What others may read of the daemon: metrics and health, over HTTP. */
@NullMarked
package io.berth.daemon.http;

import org.jspecify.annotations.NullMarked;
