@NullMarked
package io.berth.daemon;

import org.jspecify.annotations.NullMarked;
