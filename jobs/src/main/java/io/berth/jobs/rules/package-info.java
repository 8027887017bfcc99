@NullMarked
package io.berth.jobs.rules;

import org.jspecify.annotations.NullMarked;
