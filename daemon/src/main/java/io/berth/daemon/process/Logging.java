package io.berth.daemon.process;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log: one line a message on stderr, with the time; where stderr is systemd's journal, sent
 * there with fields. Logback finds it through {@code META-INF/services}, so that it needs no XML.
 */
public final class Logging extends ContextAwareBase implements Configurator {

  /** Where systemd's journal takes messages with fields (systemd-journald.service(8)). */
  private static final String JOURNAL = "/run/systemd/journal/socket";

  /** What is only of interest to whoever looks for a bug in a library. */
  private static final Map<String, Level> QUIET =
      Map.of(
          "com.github.dockerjava", Level.WARN,
          "org.apache.hc", Level.WARN,
          "org.apache.hc.client5.http.wire", Level.OFF, // the whole traffic
          "org.quartz", Level.WARN,
          "org.eclipse.jetty", Level.ERROR, // it warns of what clients send, who could fill the log
          "io.micrometer", Level.WARN);

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    boolean journal = isJournal(System.getenv("JOURNAL_STREAM"));
    Appender<ILoggingEvent> stderr = stderr(context, journal);
    ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.INFO);
    root.addAppender(journal ? journal(context, stderr) : stderr);
    QUIET.forEach((name, level) -> context.getLogger(name).setLevel(level));
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  private static Appender<ILoggingEvent> journal(
      LoggerContext context, Appender<ILoggingEvent> otherwise) {
    JournalAppender journal = new JournalAppender(new UnixDatagrams(JOURNAL), otherwise);
    journal.setContext(context);
    journal.setName("journal");
    journal.start();
    return journal;
  }

  private static Appender<ILoggingEvent> stderr(LoggerContext context, boolean journal) {
    LineLayout layout = new LineLayout(journal);
    layout.setContext(context);
    layout.start();
    LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
    encoder.setContext(context);
    encoder.setCharset(StandardCharsets.UTF_8);
    encoder.setLayout(layout);
    encoder.start();
    ConsoleAppender<ILoggingEvent> stderr = new ConsoleAppender<>();
    stderr.setContext(context);
    stderr.setName("stderr");
    stderr.setTarget("System.err");
    stderr.setEncoder(encoder);
    stderr.start();
    return stderr;
  }

  /**
   * Sets the level of all but the quieted libraries.
   *
   * @param level as in {@code daemon.log_level}
   */
  public static void setLevel(String level) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.toLevel(level, Level.INFO));
  }

  /**
   * Whether stderr is the journal. The variable alone does not tell: it is handed down to processes
   * whose stderr is something else (systemd.exec(5)).
   *
   * @param stream {@code device:inode} of the journal's stream
   */
  private static boolean isJournal(@Nullable String stream) {
    if (stream == null) {
      return false;
    }
    try {
      Map<String, Object> stderr = Files.readAttributes(Path.of("/proc/self/fd/2"), "unix:dev,ino");
      return stream.equals(stderr.get("dev") + ":" + stderr.get("ino"));
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }
}
