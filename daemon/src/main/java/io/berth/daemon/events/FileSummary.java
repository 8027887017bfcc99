package io.berth.daemon.events;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;

/** What is in a file of the log that is about to be deleted. */
final class FileSummary {

  private static final Pattern EVENT =
      Pattern.compile("\"timestamp\":\"([^\"]{1,40})\",\"event_type\":\"([a-z_.]{1,40})\"");

  private FileSummary() {}

  /** In words: how many events of which types, and from when to when. As far as it can be read. */
  static String of(Path file) {
    Map<String, Integer> counts = new TreeMap<>();
    String first = "";
    String last = "";
    String trouble = "";
    try (InputStream bytes = Files.newInputStream(file);
        InputStream plain = file.toString().endsWith(".gz") ? new GZIPInputStream(bytes) : bytes;
        BufferedReader lines = new BufferedReader(new InputStreamReader(plain, UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Matcher event = EVENT.matcher(line);
        if (event.find()) {
          counts.merge(event.group(2), 1, Integer::sum);
          last = event.group(1);
          first = first.isEmpty() ? last : first;
        }
      }
    } catch (IOException e) {
      trouble = "; it can't be read to its end: " + e.getMessage();
    }
    String words =
        counts.entrySet().stream()
            .map(each -> each.getKey() + " " + each.getValue())
            .collect(Collectors.joining(", "));
    return (counts.isEmpty() ? "no events" : "from " + first + " to " + last + ": " + words)
        + trouble;
  }
}
