package io.berth.daemon.process;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.event.KeyValuePair;

/**
 * Sends the log to systemd's journal, each line with its key-value pairs and its MDC as fields.
 * Never waits: what a journal that is stuck does not take is counted, and told when it takes
 * something again; where there is none, or a line is too long for it, the line goes elsewhere.
 */
final class JournalAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {

  private static final String IDENTIFIER = "berthd";

  /** In characters. Together they stay under what a datagram takes by default, 208 KiB. */
  private static final int MOST_OF_A_TEXT = 16_384;

  private static final int MOST_OF_A_FIELD = 1_024;

  private final UnixDatagrams journal;
  private final Appender<ILoggingEvent> otherwise;
  private final AtomicLong lost = new AtomicLong();

  JournalAppender(UnixDatagrams journal, Appender<ILoggingEvent> otherwise) {
    this.journal = journal;
    this.otherwise = otherwise;
  }

  @Override
  protected void append(ILoggingEvent event) {
    try {
      tellOfLost();
      journal.send(messageOf(event));
    } catch (UnixDatagrams.QueueFullException e) {
      lost.incrementAndGet(); // stderr leads to the same journal, and would wait for it
    } catch (IOException e) {
      otherwise.doAppend(event);
    }
  }

  private void tellOfLost() throws IOException {
    long count = lost.get();
    if (count > 0) {
      String text = count + " lines of the log are lost: the journal did not take them";
      journal.send(message(text, Level.WARN).bytes());
      lost.addAndGet(-count);
    }
  }

  private static byte[] messageOf(ILoggingEvent event) {
    JournalMessage message = message(LineLayout.textOf(event), event.getLevel());
    message.field("LOGGER", event.getLoggerName(), MOST_OF_A_FIELD);
    event.getMDCPropertyMap().forEach((name, value) -> add(message, name, value));
    List<KeyValuePair> pairs = event.getKeyValuePairs();
    if (pairs != null) {
      pairs.forEach(pair -> add(message, pair.key, pair.value));
    }
    if (event.getThrowableProxy() instanceof ThrowableProxy thrown) {
      message.field("STACK_TRACE", ThrowableProxyUtil.asString(thrown), MOST_OF_A_TEXT);
    }
    return message.bytes();
  }

  private static void add(JournalMessage message, String name, Object value) {
    message.field(name, String.valueOf(value), MOST_OF_A_FIELD);
  }

  private static JournalMessage message(String text, Level level) {
    return new JournalMessage()
        .field("MESSAGE", text, MOST_OF_A_TEXT)
        .field("PRIORITY", String.valueOf(LineLayout.priorityOf(level)), MOST_OF_A_FIELD)
        .field("SYSLOG_IDENTIFIER", IDENTIFIER, MOST_OF_A_FIELD);
  }
}
