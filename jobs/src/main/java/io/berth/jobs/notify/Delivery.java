package io.berth.jobs.notify;

import java.util.Locale;

/**
 * What came of one notice on one channel.
 *
 * @param channel its key in {@code notifications:}
 * @param detail where it went, or why it did not; for a human
 */
public record Delivery(String channel, Result result, String detail) {

  /** Whether it arrived. */
  public enum Result {
    DELIVERED,
    /** There is nobody or nothing to deliver it to; nothing is broken. */
    NOT_DELIVERED,
    /** Something is broken, or too slow. */
    FAILED;

    /** The word used in events. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Delivery delivered(String channel, String detail) {
    return new Delivery(channel, Result.DELIVERED, detail);
  }

  static Delivery notDelivered(String channel, String detail) {
    return new Delivery(channel, Result.NOT_DELIVERED, detail);
  }

  static Delivery failed(String channel, String detail) {
    return new Delivery(channel, Result.FAILED, detail);
  }
}
