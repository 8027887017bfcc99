package io.berth.daemon.process;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LineLayoutTest {

  private final LineLayout terminal = new LineLayout(false);
  private final LineLayout journal = new LineLayout(true);

  @Test
  void a_line_has_the_time_in_utc_and_the_level() {
    assertThat(terminal.doLayout(event(Level.WARN, "the breaker tripped", null)))
        .isEqualTo("2026-11-03T12:00:00Z WARN  the breaker tripped\n");
  }

  @ParameterizedTest
  @CsvSource({"ERROR, <3>", "WARN, <4>", "INFO, <6>", "DEBUG, <7>", "TRACE, <7>"})
  void in_the_journal_a_mark_of_severity_stands_for_both(String level, String mark) {
    assertThat(journal.doLayout(event(Level.valueOf(level), "text", null)))
        .isEqualTo(mark + "text\n");
  }

  @Test
  void an_exception_is_told_with_its_causes_and_its_place_on_the_same_line() {
    Exception why = new IllegalStateException("no journal", new IOException("disk full\nreally"));

    assertThat(terminal.doLayout(event(Level.ERROR, "no act", why)))
        .matches(
            "2026-11-03T12:00:00Z ERROR no act \\(IllegalStateException: no journal"
                + " at LineLayoutTest.java:\\d+ <- IOException: disk full really"
                + " at LineLayoutTest.java:\\d+\\)\n");
  }

  @Test
  void what_others_wrote_can_not_forge_a_line_or_colour_the_terminal() {
    assertThat(journal.doLayout(event(Level.INFO, "name a\n<0>b\u001b[31m\r", null)))
        .isEqualTo("<6>name a <0>b [31m \n");
  }

  private static LoggingEvent event(Level level, String message, @Nullable Throwable thrown) {
    LoggerContext context = new LoggerContext();
    LoggingEvent event =
        new LoggingEvent("here", context.getLogger("io.berth.Some"), level, message, thrown, null);
    event.setInstant(Instant.parse("2026-11-03T12:00:00.250Z"));
    return event;
  }
}
