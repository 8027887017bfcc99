package io.berth.daemon.events;

import io.berth.policies.TimeLimit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The event log: a projection of the journal into a file, one JSON object a line, each with its
 * number in the journal as {@code seq}. What is in the file says where writing goes on, so that no
 * event is lost or doubled, whatever happened to the process. If it can't be written, the journal
 * keeps what is missing, and it is written when it can be.
 */
public final class EventLog implements AutoCloseable {

  /**
   * When the log is rotated, and how long rotated files are kept.
   *
   * @param maxSize bytes; a line is never split
   * @param keep since the rotation, which comes after a tenth of it at the latest: on a quiet
   *     server as well, no event stays much longer
   * @param maxTotal bytes of all rotated files; the oldest go first, the last one stays
   */
  public record Retention(long maxSize, TimeLimit keep, long maxTotal) {

    boolean isOver(Instant begun, Instant now) {
      Duration whole = keep.duration();
      return whole != null && now.isAfter(begun.plus(whole.dividedBy(10)));
    }
  }

  private static final int BATCH = 500;
  private static final Logger LOG = LoggerFactory.getLogger(EventLog.class);

  private final Path path;
  private final Supplier<Retention> retention;
  private final Backlog backlog;
  private final InstantSource clock;
  private final RotatedFiles rotated;
  private final Streak writing = new Streak();
  private final Streak tidying = new Streak();
  private @Nullable FileChannel file;
  private @Nullable Object fileKey;
  private @Nullable Instant begun;
  private long lastSeq;

  /**
   * Opens nothing yet: {@link #pump} does.
   *
   * @param retention asked at each write, so that a reload counts at once
   */
  public EventLog(Path path, Supplier<Retention> retention, Backlog backlog, InstantSource clock) {
    this.path = path.toAbsolutePath();
    this.retention = retention;
    this.backlog = backlog;
    this.clock = clock;
    rotated = new RotatedFiles(this.path);
  }

  /**
   * Writes what the journal has and the file has not. Called after each write of the journal, and
   * from time to time. Never throws: a failure is logged once a streak, and shown by {@link #isUp}.
   */
  public synchronized void pump() {
    try {
      FileChannel open = openFile();
      List<Backlog.Row> rows = backlog.after(lastSeq, BATCH);
      while (!rows.isEmpty()) {
        for (Backlog.Row row : rows) {
          open = write(open, row);
        }
        rows = backlog.after(lastSeq, BATCH);
      }
      if (writing.ended()) {
        LOG.info("the event log {} is written again, up to event {}", path, lastSeq);
      }
    } catch (IOException | RuntimeException e) {
      closeFile(); // what is in it is looked up again
      if (writing.failed()) {
        LOG.error(
            "the event log {} can't be written; events are kept in the journal until it can:"
                + " make room, or check the folder and its permissions",
            path,
            e);
      }
    }
  }

  /**
   * Looks up in the file where the log ends, before anything is written: a journal that was begun
   * anew has to go on behind that, or what it counts anew would be taken for written.
   *
   * @return the number of its last event; 0 where there is none, or it can't be read
   */
  public synchronized long findEnd() {
    try {
      openFile();
    } catch (IOException e) {
      LOG.debug("{} can't be read now", path, e); // the first pump says so
    }
    return lastSeq;
  }

  /** The journal's number of the last event that is in the log; 0 where none is known to be. */
  public synchronized long writtenUpTo() {
    return lastSeq;
  }

  /** Compresses and prunes rotated files. For a housekeeping thread: it may take seconds. */
  public void tidy() {
    try {
      Retention limits = retention.get();
      rotated.tidy(clock.instant(), limits.keep(), limits.maxTotal());
      tidying.ended();
    } catch (IOException | RuntimeException e) {
      if (tidying.failed()) {
        LOG.warn("files rotated out of {} can't be compressed or deleted", path, e);
      }
    }
  }

  /** Whether the last {@link #pump} wrote all there was. */
  public boolean isUp() {
    return !writing.isFailing();
  }

  @Override
  public synchronized void close() {
    closeFile();
  }

  private FileChannel write(FileChannel open, Backlog.Row row) throws IOException {
    ByteBuffer line = ByteBuffer.wrap(lineOf(row).getBytes(StandardCharsets.UTF_8));
    long size = open.size();
    FileChannel target = open;
    Instant now = clock.instant();
    Retention limits = retention.get();
    boolean isFull = size + line.remaining() > limits.maxSize();
    if (size > 0 && (isFull || (begun != null && limits.isOver(begun, now)))) {
      target = rotate();
    }
    if (begun == null || target.size() == 0) {
      begun = now;
    }
    target.position(target.size()); // somebody may have truncated it
    while (line.hasRemaining()) {
      target.write(line);
    }
    lastSeq = row.seq();
    return target;
  }

  private static String lineOf(Backlog.Row row) {
    String json = row.json();
    return json.substring(0, json.length() - 1) + ",\"seq\":" + row.seq() + "}\n";
  }

  private FileChannel rotate() throws IOException {
    Instant now = clock.instant();
    closeFile();
    Files.move(path, rotated.next(now));
    return openFile();
  }

  /** The log, open; opened again if somebody moved or deleted the one that was. */
  private FileChannel openFile() throws IOException {
    FileChannel open = file;
    if (open != null && keyOf(path).filter(key -> key.equals(fileKey)).isPresent()) {
      return open;
    }
    closeFile();
    Files.createDirectories(folderOf(path));
    open =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    file = open;
    fileKey = keyOf(path).orElse(null);
    findPosition(open);
    return open;
  }

  /** Cuts off a torn last line, and goes on behind the last event that was ever written. */
  private void findPosition(FileChannel open) throws IOException {
    long end = LastSeq.afterLastNewline(open, open.size());
    if (end < open.size()) {
      LOG.warn("the last line of {} was incomplete; it is written again", path);
      open.truncate(end);
    }
    OptionalLong found = LastSeq.of(open, end);
    if (found.isEmpty() && lastSeq == 0) {
      found = rotated.lastSeq();
    }
    begun = FirstTime.in(path).orElse(null);
    lastSeq = Math.max(lastSeq, found.orElse(0)); // after a logrotate only this process knows
  }

  private void closeFile() {
    FileChannel open = file;
    file = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        LOG.debug("closing {}", path, e); // every write was complete before
      }
    }
  }

  private static Path folderOf(Path file) {
    Path folder = file.getParent();
    return folder == null ? file : folder;
  }

  private static Optional<Object> keyOf(Path file) throws IOException {
    try {
      return Optional.ofNullable(Files.readAttributes(file, BasicFileAttributes.class).fileKey());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
