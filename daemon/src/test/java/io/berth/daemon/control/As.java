package io.berth.daemon.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A process of another user that asks through the socket, with curl. */
record As(String uid, String gid) {

  static final As ROOT = new As("0", "0");

  /** Owns containers in the tests: the user games. */
  static final As OWNER = new As("5", "60");

  /** Owns none: the user mail. */
  static final As STRANGER = new As("8", "8");

  /** A member of the admin group: the user www-data. */
  static final As ADMIN = new As("33", "33");

  /** A uid that the user database does not know. */
  static final As NOBODY = new As("424242", "424242");

  private static final ObjectMapper JSON = new ObjectMapper();

  /** An answer. */
  record Answer(int status, JsonNode body) {

    String code() {
      return body.path("code").asText();
    }

    String detail() {
      return body.path("detail").asText();
    }
  }

  static void requireTools() {
    assumeTrue(Path.of("/proc/self").toFile().exists(), "needs /proc");
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root, to be other users");
    assumeTrue(has("setpriv"), "needs setpriv (package util-linux)");
    assumeTrue(has("curl"), "needs curl");
  }

  private static boolean has(String program) {
    return Files.isExecutable(Path.of("/usr/bin", program))
        || Files.isExecutable(Path.of("/bin", program));
  }

  Answer get(Harbour harbour, String path) {
    return ask(harbour.socket(), "GET", path, "");
  }

  Answer post(Harbour harbour, String path, String body) {
    return ask(harbour.socket(), "POST", path, body);
  }

  /** The command line that runs another as this user. */
  List<String> command(String... words) {
    List<String> command = new ArrayList<>();
    if (!uid.equals("0")) {
      command.addAll(List.of("setpriv", "--reuid", uid, "--regid", gid, "--clear-groups", "--"));
    }
    command.addAll(List.of(words));
    return command;
  }

  Answer ask(Path socket, String method, String path, String body) {
    List<String> command = command("curl", "-sS", "-m", "60", "-X", method, "-w", "\n%{http_code}");
    if (!body.isEmpty()) {
      command.addAll(List.of("--data-binary", body, "-H", "Content-Type: application/json"));
    }
    command.addAll(List.of("--unix-socket", socket.toString(), "http://berth" + path));
    String output = run(command);
    int last = output.lastIndexOf('\n');
    try {
      return new Answer(
          Integer.parseInt(output.substring(last + 1)), JSON.readTree(output.substring(0, last)));
    } catch (IOException | RuntimeException e) {
      throw new AssertionError("no answer: " + output, e);
    }
  }

  static String run(List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .directory(new java.io.File("/"))
              .start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(output).isZero();
      return output;
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
