package io.berth.daemon.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SignalsTest {

  @Test
  void hangup_reloads_and_term_ends_with_exit_code_0() throws Exception {
    Process process = start();
    try (BufferedReader out = process.inputReader()) {
      assertThat(out.readLine()).isEqualTo("listening");
      kill("HUP", process);
      assertThat(out.readLine()).isEqualTo("reload");
      kill("HUP", process);
      assertThat(out.readLine()).isEqualTo("reload");
      kill("TERM", process);
      assertThat(out.readLine()).isEqualTo("end");
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  private static Process start() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            Listening.class.getName())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static void kill(String signal, Process process) throws Exception {
    new ProcessBuilder("sh", "-c", "kill -" + signal + " " + process.pid()).start().waitFor();
  }

  /** What the test starts as a process of its own. */
  static final class Listening {
    public static void main(String[] args) throws InterruptedException {
      CountDownLatch ended = new CountDownLatch(1);
      Signals.listen(ended::countDown, () -> System.out.println("reload"));
      System.out.println("listening");
      ended.await();
      System.out.println("end");
    }
  }
}
