package io.berth.jobs.notify;

import io.berth.jobs.host.ContainerFiles;
import io.berth.jobs.host.Terminals;
import io.berth.policies.PolicyBook.Notifications;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells owners, through each channel that the configuration has on. Nobody waits for it: each
 * channel has a queue and threads of its own. Safe for use by several threads.
 *
 * <p>Knows no mode. Whoever calls it sees to it that no user is written to in {@code observe}.
 */
public final class Notifier implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Notifier.class);

  private final Supplier<Notifications> settings;
  private final List<Lane> lanes;
  private final DeliveryListener listener;
  private final ExecutorService reports =
      Lane.threads("report", 1, new LinkedBlockingQueue<>()); // as many as the lanes let through

  /** With all channels, of which {@code settings} says each time which are on. */
  public static Notifier create(
      Supplier<Notifications> settings,
      Terminals terminals,
      ContainerFiles files,
      EarlierAlerts earlier,
      DeliveryListener listener) {
    return new Notifier(
        settings,
        List.of(
            new TerminalChannel(terminals),
            new ContainerFileChannel(files, earlier),
            new CommandChannel(),
            new WebhookChannel()),
        listener);
  }

  Notifier(Supplier<Notifications> settings, List<Channel> channels, DeliveryListener listener) {
    this.settings = settings;
    this.lanes = channels.stream().map(Lane::new).toList();
    this.listener = listener;
  }

  /** Returns at once; what came of it goes to the listener. */
  public void tell(Notice notice) {
    CompletableFuture<Void> unused = // neither it nor the report ever fails
        deliver(notice).thenAcceptAsync(deliveries -> report(notice, deliveries), reports);
  }

  /**
   * The same without the listener, for {@code berth notify --test}.
   *
   * @return completed when the last channel is done, never with an exception
   */
  public CompletableFuture<List<Delivery>> deliver(Notice notice) {
    Notifications now = settings.get();
    Message message = Message.of(notice);
    List<CompletableFuture<Delivery>> all =
        lanes.stream()
            .filter(lane -> lane.isOn(now))
            .map(lane -> lane.deliver(message, now))
            .toList();
    return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
        .thenApply(done -> all.stream().map(CompletableFuture::join).toList());
  }

  private void report(Notice notice, List<Delivery> deliveries) {
    try {
      listener.delivered(notice, deliveries);
    } catch (RuntimeException e) {
      log.error("can't record what came of a {} notice: {}", notice.kind(), deliveries, e);
    }
  }

  /** Gives up what was not delivered yet, which the listener is still told. */
  @Override
  public void close() {
    lanes.forEach(Lane::close); // the reports end by themselves
  }
}
