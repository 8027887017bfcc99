@NullMarked
package io.berth.jobs.host;

import org.jspecify.annotations.NullMarked;
