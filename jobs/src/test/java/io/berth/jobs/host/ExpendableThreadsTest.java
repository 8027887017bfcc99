package io.berth.jobs.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ExpendableThreadsTest {

  private static final int MANY = 2_000;

  private final CountDownLatch gate = new CountDownLatch(1);
  private final ExpendableThreads threads =
      new ExpendableThreads("test", Duration.ofMillis(500), 2);
  private final ExpendableThreads patient =
      new ExpendableThreads("test", Duration.ofSeconds(30), 2);

  @AfterEach
  void open() {
    gate.countDown();
  }

  private void hang(String key) {
    assertThatThrownBy(() -> threads.call(key, this::waitAtGate))
        .isInstanceOf(IOException.class)
        .hasMessage("no answer within 500ms");
  }

  private String waitAtGate() throws InterruptedException {
    gate.await();
    return "late";
  }

  @Test
  void an_answer_and_a_failure_are_passed_on() throws IOException {
    assertThat(threads.call("a", () -> "here")).isEqualTo("here");
    FileNotFoundException mine = new FileNotFoundException("x");
    assertThatThrownBy(
            () ->
                threads.call(
                    "a",
                    () -> {
                      throw mine;
                    }))
        .isSameAs(mine);
  }

  @Test
  void one_that_hangs_costs_its_own_key_only() throws IOException {
    hang("a");

    assertThatThrownBy(() -> threads.call("a", () -> "never run"))
        .hasMessageContaining("an earlier access hangs");
    assertThat(threads.call("b", () -> "here")).isEqualTo("here");
  }

  @Test
  void a_key_is_free_again_when_its_call_ends_after_all() {
    hang("a");
    gate.countDown();

    await().untilAsserted(() -> assertThat(threads.call("a", () -> "here")).isEqualTo("here"));
  }

  @Test
  void threads_are_bounded() {
    hang("a");
    hang("b");

    assertThatThrownBy(() -> threads.call("c", () -> "never run"))
        .isInstanceOf(IOException.class)
        .hasMessage("all 2 threads for this hang or are busy");
  }

  @Test
  void one_that_has_just_answered_is_in_nobodys_way() throws Exception {
    CompletableFuture<?> other =
        CompletableFuture.runAsync(() -> unchecked("a", () -> "here", MANY));
    unchecked("b", () -> "here", MANY);
    other.get();
  }

  @Test
  void a_call_waits_for_another_of_its_key_that_is_not_overdue()
      throws ExecutionException, InterruptedException {
    CountDownLatch began = new CountDownLatch(1);
    CompletableFuture<String> first =
        CompletableFuture.supplyAsync(
            () ->
                unchecked(
                    "a",
                    () -> {
                      began.countDown();
                      return waitAtGate();
                    },
                    1));
    began.await();
    CompletableFuture<String> second =
        CompletableFuture.supplyAsync(() -> unchecked("a", () -> "second", 1));

    assertThat(second).isNotDone();
    gate.countDown();

    assertThat(first.get()).isEqualTo("late");
    assertThat(second.get()).isEqualTo("second");
  }

  private String unchecked(String key, Callable<String> work, int times) {
    try {
      for (int i = 1; i < times; i++) {
        patient.call(key, work);
      }
      return patient.call(key, work);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
