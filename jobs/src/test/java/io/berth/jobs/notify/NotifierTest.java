package io.berth.jobs.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.berth.jobs.notify.Delivery.Result;
import io.berth.policies.PolicyBook.Notifications;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NotifierTest {

  private static final Duration SHORT = Duration.ofMillis(100);
  private static final Duration LONG = Duration.ofSeconds(30);

  private final CountDownLatch gate = new CountDownLatch(1);
  private final List<Delivery> heard = new CopyOnWriteArrayList<>();
  private final AtomicInteger reports = new AtomicInteger();
  private final List<Notifier> open = new ArrayList<>();
  private volatile Duration timeout = LONG;

  private interface Work {
    Delivery deliver(Message message) throws IOException, InterruptedException;
  }

  private record FakeChannel(String name, boolean on, Work work) implements Channel {
    @Override
    public boolean isOn(Notifications settings) {
      return on;
    }

    @Override
    public Delivery deliver(Message message, Notifications settings)
        throws IOException, InterruptedException {
      return work.deliver(message);
    }
  }

  @AfterEach
  void close() {
    gate.countDown();
    open.forEach(Notifier::close);
  }

  private Notifier notifier(Duration first, Channel... channels) {
    timeout = first;
    Notifier made =
        new Notifier(
            () -> Notices.settings(true, "/x", List.of(), null, timeout),
            List.of(channels),
            (notice, deliveries) -> {
              heard.addAll(deliveries);
              reports.incrementAndGet();
            });
    open.add(made);
    return made;
  }

  private static Channel prompt(String name) {
    return new FakeChannel(name, true, message -> Delivery.delivered(name, "here"));
  }

  private static Channel failing(String name, Exception failure) {
    return new FakeChannel(
        name,
        true,
        message -> {
          if (failure instanceof IOException io) {
            throw io;
          }
          throw (RuntimeException) failure;
        });
  }

  /** Waits until the gate opens, and does not mind an interrupt where it is stubborn. */
  private Channel hanging(String name, boolean stubborn) {
    return new FakeChannel(
        name,
        true,
        message -> {
          while (gate.getCount() > 0) {
            try {
              gate.await();
            } catch (InterruptedException e) {
              if (!stubborn) {
                throw e;
              }
            }
          }
          return Delivery.delivered(name, "late");
        });
  }

  @Test
  void the_listener_hears_once_what_came_of_each_channel_that_is_on() {
    Notifier notifier =
        notifier(
            LONG,
            prompt("one"),
            new FakeChannel("off", false, message -> Delivery.delivered("off", "")),
            failing("two", new IOException("no route")),
            failing("three", new IllegalStateException("a bug")));

    notifier.tell(Notices.warning());

    await().untilAsserted(() -> assertThat(reports).hasValue(1));
    assertThat(heard)
        .containsExactly(
            Delivery.delivered("one", "here"),
            Delivery.failed("two", "no route"),
            Delivery.failed("three", "java.lang.IllegalStateException: a bug"));
  }

  @Test
  void it_is_heard_that_no_channel_is_on() {
    notifier(LONG).tell(Notices.warning());

    await().untilAsserted(() -> assertThat(reports).hasValue(1));
    assertThat(heard).isEmpty();
  }

  @Test
  void nobody_waits_for_a_channel_that_hangs() throws ExecutionException, InterruptedException {
    CompletableFuture<Message> arrived = new CompletableFuture<>();
    Channel quick =
        new FakeChannel(
            "quick",
            true,
            message -> {
              arrived.complete(message);
              return Delivery.delivered("quick", "");
            });
    Notifier notifier = notifier(LONG, hanging("slow", true), quick);

    notifier.tell(Notices.warning());

    assertThat(arrived.get().text()).startsWith("Berth: your container train");
    assertThat(reports).hasValue(0);
    gate.countDown();
    await().untilAsserted(() -> assertThat(reports).hasValue(1));
  }

  @Test
  void a_delivery_past_its_time_is_interrupted_and_the_next_is_tried() {
    AtomicInteger interrupts = new AtomicInteger();
    Channel slow =
        new FakeChannel(
            "slow",
            true,
            message -> {
              try {
                gate.await();
              } catch (InterruptedException e) {
                interrupts.incrementAndGet();
                throw e;
              }
              return Delivery.delivered("slow", "late");
            });
    Notifier notifier = notifier(SHORT, slow);

    assertThat(notifier.deliver(Notices.warning()).join())
        .containsExactly(Delivery.failed("slow", "gave up after 100ms (notifications.timeout)"));
    await().untilAsserted(() -> assertThat(interrupts).hasValue(1));
    gate.countDown();
    timeout = LONG;
    assertThat(notifier.deliver(Notices.warning()).join())
        .containsExactly(Delivery.delivered("slow", "late"));
  }

  @Test
  void deliveries_that_can_not_be_interrupted_cost_a_bounded_number_of_threads() {
    Notifier notifier = notifier(SHORT, hanging("stuck", true));
    for (int i = 0; i < Lane.MAX_HANGING; i++) {
      assertThat(notifier.deliver(Notices.warning()).join().get(0).detail()).startsWith("gave up");
    }

    assertThat(notifier.deliver(Notices.warning()).join())
        .containsExactly(
            Delivery.failed("stuck", "4 earlier deliveries hang; not tried again before one ends"));

    gate.countDown();
    await()
        .untilAsserted(
            () ->
                assertThat(notifier.deliver(Notices.warning()).join().get(0).result())
                    .isEqualTo(Result.DELIVERED));
  }

  @Test
  void what_does_not_fit_into_the_queue_fails_at_once() {
    Notifier notifier = notifier(LONG, hanging("slow", true));
    List<CompletableFuture<List<Delivery>>> all = new ArrayList<>();
    for (int i = 0; i < Lane.MAX_WAITING + 2; i++) {
      all.add(notifier.deliver(Notices.warning()));
    }

    CompletableFuture<List<Delivery>> last = all.get(all.size() - 1);
    assertThat(last).isCompleted();
    assertThat(last.join().get(0).detail()).startsWith("200 notices wait for this channel");
    gate.countDown();
    assertThat(all.get(0).join().get(0).result()).isEqualTo(Result.DELIVERED);
  }

  @Test
  void notices_arrive_in_order() {
    List<String> order = new CopyOnWriteArrayList<>();
    Notifier notifier =
        notifier(
            LONG,
            new FakeChannel(
                "one",
                true,
                message -> {
                  order.add(message.notice().owner().name());
                  return Delivery.delivered("one", "");
                }));
    List<String> users = List.of("ada", "bob", "cid", "dan", "eve");
    users.forEach(user -> notifier.tell(Notice.test(user, Notices.NOW, Notices.BERLIN)));

    await().untilAsserted(() -> assertThat(order).isEqualTo(users));
  }

  @Test
  void closing_gives_up_what_waits_and_what_is_under_way_and_says_so() {
    Notifier notifier = notifier(LONG, hanging("slow", false));
    notifier.tell(Notices.warning());
    notifier.tell(Notices.warning());

    notifier.close();
    notifier.tell(Notices.warning());

    await().untilAsserted(() -> assertThat(reports).hasValue(3));
    assertThat(heard)
        .hasSize(3)
        .allMatch(delivery -> delivery.equals(Delivery.failed("slow", "berthd is going down")));
  }

  @Test
  void a_listener_that_fails_is_called_the_next_time_all_the_same() {
    AtomicInteger calls = new AtomicInteger();
    Notifications settings = Notices.settings(true, "/x", List.of(), null, LONG);
    Notifier notifier =
        new Notifier(
            () -> settings,
            List.of(prompt("one")),
            (notice, deliveries) -> {
              calls.incrementAndGet();
              throw new IllegalStateException("the ledger is closed");
            });
    open.add(notifier);

    notifier.tell(Notices.warning());
    notifier.tell(Notices.warning());

    await().untilAsserted(() -> assertThat(calls).hasValue(2));
  }
}
