@NullMarked
package io.berth.jobs.container;

import org.jspecify.annotations.NullMarked;
