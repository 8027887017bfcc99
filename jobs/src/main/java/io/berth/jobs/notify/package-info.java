/** Telling owners what is coming: the notice, its words, and the channels it goes through. */
@NullMarked
package io.berth.jobs.notify;

import org.jspecify.annotations.NullMarked;
