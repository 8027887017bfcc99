package io.berth.daemon.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class LoggingTest {

  private static final Logger OURS = LoggerFactory.getLogger("io.berth.jobs.Some");

  @AfterEach
  void reset() {
    Logging.setLevel("info");
  }

  @Test
  void it_is_found_by_itself_and_is_at_info() {
    assertThat(OURS.isInfoEnabled()).isTrue();
    assertThat(OURS.isDebugEnabled()).isFalse();
  }

  @Test
  void the_level_is_that_of_the_configuration() {
    Logging.setLevel("debug");
    assertThat(OURS.isDebugEnabled()).isTrue();

    Logging.setLevel("error");
    assertThat(OURS.isWarnEnabled()).isFalse();
  }

  @Test
  void libraries_stay_quiet_at_any_level() {
    Logging.setLevel("trace");

    assertThat(LoggerFactory.getLogger("org.quartz.core.QuartzScheduler").isInfoEnabled())
        .isFalse();
    assertThat(LoggerFactory.getLogger("com.github.dockerjava.core").isDebugEnabled()).isFalse();
  }
}
