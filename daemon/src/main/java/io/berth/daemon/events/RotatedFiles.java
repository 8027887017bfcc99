package io.berth.daemon.events;

import io.berth.policies.TimeLimit;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.zip.GZIPOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files beside the log that were rotated out of it: {@code events.jsonl.20261103T120000.000Z},
 * soon compressed to {@code ....gz}. The time in the name is that of the rotation, and never older
 * than that of the file before, whatever the clock did: by name they are in order.
 *
 * <p>What a crash can leave: a file that is not compressed yet (is compressed the next time), one
 * that is beside its complete {@code .gz} (goes), a {@code .gz.tmp} (is written again).
 */
final class RotatedFiles {

  private static final Logger LOG = LoggerFactory.getLogger(RotatedFiles.class);
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSSX").withZone(ZoneOffset.UTC);
  private static final String GZ = ".gz";
  private static final String UNFINISHED = ".gz.tmp";

  /** How logrotate names the file it moved last. */
  private static final List<String> MOVED_BY_OTHERS = List.of(".1", ".1.gz");

  /** One of them, with the time in its name. */
  private record Rotated(Path path, Instant at) {
    boolean compressed() {
      return path.toString().endsWith(GZ);
    }
  }

  private final Path log;

  RotatedFiles(Path log) {
    this.log = log;
  }

  /** The number of the last event in them; also where another program moved the log away. */
  OptionalLong lastSeq() throws IOException {
    long last = 0;
    List<Rotated> ours = list();
    if (!ours.isEmpty()) {
      last = LastSeq.of(ours.get(ours.size() - 1).path()).orElse(0);
    }
    for (String suffix : MOVED_BY_OTHERS) {
      Path moved = Path.of(log + suffix);
      if (Files.exists(moved)) {
        last = Math.max(last, LastSeq.of(moved).orElse(0));
      }
    }
    return last == 0 ? OptionalLong.empty() : OptionalLong.of(last);
  }

  /** A name for the log that is to be rotated now. */
  Path next(Instant now) throws IOException {
    List<Rotated> all = list();
    Instant at = now;
    if (!all.isEmpty()) {
      Instant after = all.get(all.size() - 1).at().plusMillis(1);
      at = after.isAfter(now) ? after : now;
    }
    return log.resolveSibling(log.getFileName() + "." + STAMP.format(at));
  }

  /** Compresses those that are not, and deletes those that are too old, or too much together. */
  void tidy(Instant now, TimeLimit keep, long maxTotal) throws IOException {
    for (Rotated rotated : list()) {
      boolean old = keep.after(rotated.at()).filter(end -> end.isBefore(now)).isPresent();
      if (old) {
        delete(rotated.path(), "older than daemon.events_keep");
      } else if (!rotated.compressed()) {
        compress(rotated.path());
      }
    }
    deleteBeyond(maxTotal);
  }

  /** The last one stays: where the log is empty, it tells where writing goes on. */
  private void deleteBeyond(long maxTotal) throws IOException {
    List<Rotated> all = list();
    long total = 0;
    for (int i = all.size() - 1; i >= 0; i--) {
      Path path = all.get(i).path();
      total += Files.size(path);
      if (total > maxTotal && i < all.size() - 1) {
        delete(path, "more than daemon.events_max_total");
      }
    }
  }

  /** What was in it is told first; the ledger's journal has the same events for longer. */
  private static void delete(Path file, String why) throws IOException {
    LOG.info("{} is deleted ({}); events {}", file, why, FileSummary.of(file));
    Files.deleteIfExists(file);
  }

  private static void compress(Path plain) throws IOException {
    Path done = Path.of(plain + GZ);
    Path unfinished = Path.of(plain + UNFINISHED);
    if (!Files.exists(done)) {
      try (FileChannel file =
              FileChannel.open(
                  unfinished,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.TRUNCATE_EXISTING,
                  StandardOpenOption.WRITE);
          OutputStream bytes = Channels.newOutputStream(file);
          GZIPOutputStream zipped = new GZIPOutputStream(bytes, 64 * 1024)) {
        Files.copy(plain, zipped);
        zipped.finish();
        file.force(true);
      }
      Files.move(unfinished, done, StandardCopyOption.ATOMIC_MOVE);
    }
    Files.deleteIfExists(plain);
  }

  /** By time, the oldest first. */
  private List<Rotated> list() throws IOException {
    List<Rotated> found = new ArrayList<>();
    Path folder = log.toAbsolutePath().getParent();
    String prefix = log.getFileName() + ".";
    if (folder == null || !Files.isDirectory(folder)) {
      return found;
    }
    try (var files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        if (name.startsWith(prefix)) {
          timeIn(name.substring(prefix.length())).ifPresent(at -> found.add(new Rotated(file, at)));
        }
      }
    }
    found.sort(Comparator.comparing(Rotated::at).thenComparing(Rotated::path));
    return found;
  }

  /** Empty for a file that is not ours, and for one that is unfinished. */
  private static Optional<Instant> timeIn(String suffix) {
    String stamp =
        suffix.endsWith(GZ) ? suffix.substring(0, suffix.length() - GZ.length()) : suffix;
    try {
      return Optional.of(STAMP.parse(stamp, Instant::from));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
