package io.berth.daemon.run;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A folder with all that one daemon reads and writes: configuration, ledger, event log. */
public final class DaemonHome {

  private final Path folder;
  private final URI dockerHost;
  private final int httpPort;

  /**
   * @param folder is made; deleting it is the caller's
   */
  public DaemonHome(Path folder, URI dockerHost) throws IOException {
    this.folder = Files.createDirectories(folder);
    this.dockerHost = dockerHost;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      this.httpPort = free.getLocalPort();
    }
  }

  /** Writes the main file: these sections, and a {@code daemon:} section with paths in here. */
  public void configure(String sections) throws IOException {
    configure(sections, "none");
  }

  /**
   * As {@link #configure(String)}, with GPUs.
   *
   * @param nvmlLibrary the path of the library that knows them
   */
  public void configure(String sections, String nvmlLibrary) throws IOException {
    String daemon =
        """
        daemon:
          ledger: %s
          events: %s
          socket: %s
          http: 127.0.0.1:%d
          docker_host: %s
        gpu: {nvml_library: %s}
        """
            .formatted(
                ledger(),
                eventFile(),
                folder.resolve("berth.sock"),
                httpPort,
                dockerHost,
                nvmlLibrary);
    Files.writeString(config(), sections + daemon);
  }

  public Path config() {
    return folder.resolve("resource-limits.yaml");
  }

  public Path ledger() {
    return folder.resolve("state/ledger.db");
  }

  public Path eventFile() {
    return folder.resolve("log/events.jsonl");
  }

  /** The value of a metric, named with its labels if it has any. */
  public double metric(String name) throws IOException {
    URL page = URI.create("http://127.0.0.1:" + httpPort + "/metrics").toURL();
    try (InputStream body = page.openStream()) {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> line.startsWith(name + " "))
          .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
          .findFirst()
          .orElseThrow(() -> new IOException("no metric " + name));
    }
  }

  /** What happened so far, by the event log. */
  public Chronicle chronicle() throws IOException {
    return Chronicle.read(eventFile());
  }

  /** Starts {@code berth daemon OPTIONS}, with the Java and the class path of this process. */
  public DaemonProcess start(String... options) throws IOException {
    return start(Map.of(), options);
  }

  /**
   * As {@link #start(String...)}.
   *
   * @param environment what its environment has besides that of this process
   */
  public DaemonProcess start(Map<String, String> environment, String... options)
      throws IOException {
    return start(List.of(), environment, options);
  }

  /**
   * As {@link #start(Map, String...)}.
   *
   * @param before a command that runs the one which follows it, in its own process
   */
  public DaemonProcess start(
      List<String> before, Map<String, String> environment, String... options) throws IOException {
    List<String> command = new ArrayList<>(before);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx128m",
            "-Dfile.encoding=UTF-8",
            "-cp",
            System.getProperty("java.class.path"),
            "io.berth.daemon.Main",
            "daemon",
            "--config",
            config().toString()));
    command.addAll(Arrays.asList(options));
    Path log = Files.createTempFile(folder, "daemon-", ".log");
    return new DaemonProcess(command, environment, log);
  }
}
