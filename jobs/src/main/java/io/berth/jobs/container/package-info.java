/** What a container is: its snapshot, the GPUs it asks for, its owner, its type. Pure. */
@NullMarked
package io.berth.jobs.container;

import org.jspecify.annotations.NullMarked;
