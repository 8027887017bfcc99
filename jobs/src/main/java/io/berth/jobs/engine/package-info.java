/** The Docker Engine behind one interface, and that interface on docker-java. */
@NullMarked
package io.berth.jobs.engine;

import org.jspecify.annotations.NullMarked;
