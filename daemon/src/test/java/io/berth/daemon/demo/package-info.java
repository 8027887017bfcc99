/** The story that dev/demo tells, on a real Engine; DemoTest runs the same. */
@NullMarked
package io.berth.daemon.demo;

import org.jspecify.annotations.NullMarked;
