package io.berth.jobs.activity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import io.berth.jobs.gpu.Reading;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A container's own mounts may hang: nobody else notices. */
@Timeout(60)
class InsidesTest {

  private static final Instant TOUCHED = Instant.parse("2026-03-02T08:00:00Z");
  private static final Container HUNG = Containers.running("hung").build();
  private static final Container FINE = Containers.running("fine").build();

  @TempDir Path proc;
  private final CountDownLatch mount = new CountDownLatch(1);
  private final AtomicInteger asked = new AtomicInteger();
  private final Insides insides =
      new Insides(new Terminals(Path.of("/nowhere")), this::modifiedAt, Duration.ofMillis(200));

  private Optional<Instant> modifiedAt(Container container, String path) {
    if (container.equals(HUNG)) {
      asked.incrementAndGet();
      awaitMount();
    }
    return Optional.of(TOUCHED);
  }

  private void awaitMount() {
    try {
      mount.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @AfterEach
  void close() {
    mount.countDown();
    insides.close();
  }

  @Test
  void a_mount_that_hangs_costs_one_thread_and_its_container_the_news() {
    for (int i = 0; i < 3; i++) {
      insides.ask(List.of(HUNG, FINE), "/workspace/.keep-alive", TOUCHED);
    }

    await().until(() -> insides.of(FINE).keepAlive().isKnown());
    assertThat(insides.of(HUNG)).isEqualTo(Look.Inside.UNANSWERED);
    assertThat(asked).hasValue(1);
    assertThat(insides.silent()).isEqualTo(1);
  }

  @Test
  void an_answer_that_comes_late_counts_from_then_on() {
    insides.ask(List.of(HUNG), "/workspace/.keep-alive", TOUCHED);
    mount.countDown();

    await().until(() -> insides.of(HUNG).keepAlive().isKnown());
    assertThat(insides.of(HUNG).keepAlive()).isEqualTo(Reading.known(Optional.of(TOUCHED)));
    insides.retain(Set.of());
    assertThat(insides.of(HUNG)).isEqualTo(Look.Inside.UNANSWERED);
  }
}
