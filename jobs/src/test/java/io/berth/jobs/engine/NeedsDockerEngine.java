package io.berth.jobs.engine;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** A test class that uses a {@link TestEngine}: skipped, visibly, where there is none. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@EnabledIfEnvironmentVariable(
    named = TestEngine.VARIABLE,
    matches = ".+",
    disabledReason = "needs a Docker Engine: run dev/test")
public @interface NeedsDockerEngine {}
