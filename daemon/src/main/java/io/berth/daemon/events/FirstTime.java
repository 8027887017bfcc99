package io.berth.daemon.events;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;

/** When the first event in a file of the log was, which is how old the file is. */
final class FirstTime {

  private static final ObjectMapper JSON = new ObjectMapper();

  private FirstTime() {}

  /** Empty where the first line is no event. */
  static Optional<Instant> in(Path log) throws IOException {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(Files.newInputStream(log), StandardCharsets.UTF_8))) {
      String first = lines.readLine();
      return first == null
          ? Optional.empty()
          : Optional.of(Instant.parse(JSON.readTree(first).path("timestamp").asText()));
    } catch (JacksonException | DateTimeException e) {
      return Optional.empty();
    }
  }
}
