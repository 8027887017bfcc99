package io.berth.daemon.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** The event log as it lies on the disk, with what was rotated out of it; for want of a daemon. */
final class EventFiles {

  /** Ours, and logrotate's. */
  private static final String ROTATED = ".{*Z,*Z.gz,[0-9],[0-9].gz,[0-9][0-9],[0-9][0-9].gz}";

  private final Path log;
  private long last;
  private int damaged;

  EventFiles(Path log) {
    this.log = log.toAbsolutePath();
  }

  /**
   * The events that fit, in order, each once.
   *
   * @throws IOException if no log is there, or it can't be read
   */
  List<JsonNode> read(Predicate<JsonNode> fits) throws IOException {
    Map<Long, JsonNode> events = new TreeMap<>();
    for (Path file : files()) {
      try (InputStream bytes = open(file);
          BufferedReader lines = new BufferedReader(new InputStreamReader(bytes, UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          add(line, fits, events);
        }
      } catch (NoSuchFileException e) {
        // It was pruned while this was reading the others: too old to be asked for.
      }
    }
    return List.copyOf(events.values());
  }

  /** The number of the last event that was read, whether it fits or not; 0 for none. */
  long last() {
    return last;
  }

  /** How many lines were no events, and left out. */
  int damaged() {
    return damaged;
  }

  /** The log last: what is rotated out of it meanwhile is then read twice rather than never. */
  private List<Path> files() throws IOException {
    List<Path> files = new ArrayList<>();
    Path folder = log.getParent();
    if (folder != null && Files.isDirectory(folder)) {
      try (var rotated = Files.newDirectoryStream(folder, log.getFileName() + ROTATED)) {
        rotated.forEach(files::add);
      }
    }
    if (Files.exists(log)) {
      files.add(log);
    }
    if (files.isEmpty()) {
      throw new IOException("there is no event log at " + log + ": berthd creates it");
    }
    return files;
  }

  /** One that was compressed since it was listed is read as such. */
  private static InputStream open(Path listed) throws IOException {
    Path compressed = Path.of(listed + ".gz");
    Path file = Files.exists(listed) ? listed : compressed;
    InputStream bytes = Files.newInputStream(file);
    return file.toString().endsWith(".gz") ? new GZIPInputStream(bytes) : bytes;
  }

  /** The last line may be torn, if the host crashed; others by whoever edited the file. */
  private void add(String line, Predicate<JsonNode> fits, Map<Long, JsonNode> events) {
    JsonNode event = event(line);
    if (event == null) {
      damaged++;
      return;
    }
    long seq = event.path("seq").asLong();
    last = Math.max(last, seq);
    if (fits.test(event)) {
      events.put(seq, event);
    }
  }

  /** Null where it is none. */
  private static @Nullable JsonNode event(String line) {
    try {
      JsonNode event = JsonTree.read(line);
      Instant.parse(event.path("timestamp").asText());
      return event.path("seq").isIntegralNumber() ? event : null;
    } catch (JsonProcessingException | DateTimeException e) {
      return null;
    }
  }
}
