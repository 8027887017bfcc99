package io.berth.jobs.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeadlineThreadTest {

  private static final Instant NOW = Instant.parse("2026-11-20T03:12:00Z");

  private final CountDownLatch gate = new CountDownLatch(1);
  private final DeadlineThread thread =
      new DeadlineThread("driver", Duration.ofMillis(100), InstantSource.fixed(NOW));

  @AfterEach
  void close() {
    gate.countDown();
    thread.close();
  }

  private Reading<String> hang() {
    return thread.call(
        "hanging",
        () -> {
          gate.await();
          return Reading.known("late");
        });
  }

  private Reading<String> answer() {
    return thread.call("answering", () -> Reading.known("here"));
  }

  @Test
  void an_answer_in_time_is_passed_on() {
    assertThat(answer()).isEqualTo(Reading.known("here"));
  }

  @Test
  void a_call_past_its_deadline_is_named_with_its_time() {
    assertThat(hang().why())
        .startsWith("driver has not answered since 2026-11-20T03:12:00Z (hanging)");
  }

  @Test
  void what_is_asked_meanwhile_is_never_run() {
    hang();
    AtomicBoolean ran = new AtomicBoolean();

    Reading<String> meanwhile =
        thread.call(
            "meanwhile",
            () -> {
              ran.set(true);
              return Reading.known("");
            });
    gate.countDown();
    await().untilAsserted(() -> assertThat(answer().isKnown()).isTrue());

    assertThat(meanwhile.why()).contains("(hanging)");
    assertThat(ran).isFalse();
  }

  @Test
  void a_caller_in_the_queue_waits_no_longer_than_its_own_deadline_and_is_then_forgotten() {
    AtomicBoolean ran = new AtomicBoolean();
    CompletableFuture<Reading<String>> first = CompletableFuture.supplyAsync(this::hang);
    Reading<String> second =
        thread.call(
            "queued",
            () -> {
              ran.set(true);
              return Reading.known("");
            });
    first.join();
    gate.countDown();

    await().untilAsserted(() -> assertThat(answer().isKnown()).isTrue());
    assertThat(second.isKnown()).isEqualTo(ran.get()); // whichever of the two came first
  }

  @Test
  void a_call_that_throws_is_unknown_and_the_next_is_served() {
    Reading<String> failed =
        thread.call(
            "failing",
            () -> {
              throw new IllegalStateException("broken");
            });

    assertThat(failed.why()).contains("driver (failing)").contains("broken");
    assertThat(answer().isKnown()).isTrue();
  }

  @Test
  void an_interrupted_caller_gets_an_answer_and_stays_interrupted() {
    Thread.currentThread().interrupt();

    Reading<String> reading = hang();

    assertThat(Thread.interrupted()).isTrue();
    assertThat(reading.why()).startsWith("interrupted");
  }
}
