@NullMarked
package io.berth.jobs;

import org.jspecify.annotations.NullMarked;
