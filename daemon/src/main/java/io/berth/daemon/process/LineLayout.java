package io.berth.daemon.process;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import ch.qos.logback.core.LayoutBase;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * One message as one line, exceptions included: {@code what (IOException: why <- cause)}, and for a
 * bug the place in Berth it came from.
 */
final class LineLayout extends LayoutBase<ILoggingEvent> {

  private final boolean journal;

  /**
   * @param journal begins lines with systemd's mark of severity, {@code <3>}, instead of the time
   */
  LineLayout(boolean journal) {
    this.journal = journal;
  }

  @Override
  public String doLayout(ILoggingEvent event) {
    StringBuilder line = new StringBuilder(200);
    if (journal) {
      line.append('<').append(priorityOf(event.getLevel())).append('>');
    } else {
      Instant at = Instant.ofEpochMilli(event.getTimeStamp()).truncatedTo(ChronoUnit.SECONDS);
      line.append(at).append(' ');
      line.append(String.format("%-5s ", event.getLevel()));
    }
    return line.append(textOf(event)).append('\n').toString();
  }

  /** What it says, in one line. */
  static String textOf(ILoggingEvent event) {
    StringBuilder text = new StringBuilder(200);
    append(text, event.getFormattedMessage());
    IThrowableProxy thrown = event.getThrowableProxy();
    if (thrown != null) {
      text.append(" (");
      appendCauses(text, thrown);
      text.append(')');
    }
    return text.toString();
  }

  /** RFC 5424's numbers, as sd-daemon(3) has them. */
  static int priorityOf(Level level) {
    if (level.isGreaterOrEqual(Level.ERROR)) {
      return 3;
    }
    if (level.isGreaterOrEqual(Level.WARN)) {
      return 4;
    }
    return level.isGreaterOrEqual(Level.INFO) ? 6 : 7;
  }

  private static void appendCauses(StringBuilder line, IThrowableProxy thrown) {
    String className = thrown.getClassName();
    line.append(className.substring(className.lastIndexOf('.') + 1));
    if (thrown.getMessage() != null) {
      append(line.append(": "), thrown.getMessage());
    }
    appendPlace(line, thrown);
    IThrowableProxy cause = thrown.getCause();
    if (cause != null && !cause.isCyclic()) {
      appendCauses(line.append(" <- "), cause);
    }
  }

  private static void appendPlace(StringBuilder line, IThrowableProxy thrown) {
    for (StackTraceElementProxy frame : thrown.getStackTraceElementProxyArray()) {
      StackTraceElement element = frame.getStackTraceElement();
      if (element.getClassName().startsWith("io.berth.")) {
        line.append(" at ").append(element.getFileName()).append(':');
        line.append(element.getLineNumber());
        return;
      }
    }
  }

  private static void append(StringBuilder line, String text) {
    text.codePoints().map(c -> Character.isISOControl(c) ? ' ' : c).forEach(line::appendCodePoint);
  }
}
