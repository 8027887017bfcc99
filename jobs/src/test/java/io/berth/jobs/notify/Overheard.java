package io.berth.jobs.notify;

import io.berth.policies.PolicyBook.Notifications;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A notifier with one channel, which is waited for: what owners are told, in words. */
public final class Overheard implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final BlockingQueue<String> texts = new LinkedBlockingQueue<>();
  private final Notifier notifier =
      new Notifier(
          () -> new Notifications(false, null, List.of(), null, PATIENCE),
          List.of(new Listening()),
          (notice, deliveries) -> {});

  /** Hears all. */
  private final class Listening implements Channel {
    @Override
    public String name() {
      return "listening";
    }

    @Override
    public boolean isOn(Notifications settings) {
      return true;
    }

    @Override
    public Delivery deliver(Message message, Notifications settings) {
      texts.add(message.text());
      return Delivery.delivered(name(), "");
    }
  }

  public Notifier notifier() {
    return notifier;
  }

  /** The words of the notice that was given to the notifier last, each of which is asked for. */
  public String words() {
    try {
      String text = texts.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      if (text == null) {
        throw new IllegalStateException("nobody was told anything");
      }
      return text;
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while somebody is told", e);
    }
  }

  @Override
  public void close() {
    notifier.close();
  }
}
