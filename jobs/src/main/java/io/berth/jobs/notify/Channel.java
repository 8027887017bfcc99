package io.berth.jobs.notify;

import io.berth.policies.PolicyBook.Notifications;
import java.io.IOException;

/** One way to tell an owner. */
interface Channel {

  /** Its key in {@code notifications:}. */
  String name();

  boolean isOn(Notifications settings);

  /**
   * May take long: its {@link Lane} has the time limit, and interrupts it then. By that everything
   * that it began has to end.
   *
   * @throws IOException it failed; the message says why, and not on which channel
   */
  Delivery deliver(Message message, Notifications settings)
      throws IOException, InterruptedException;

  /** What an admin should look at where nothing came of it in time; empty where that is unknown. */
  default String remedy(Notifications settings) {
    return "";
  }
}
