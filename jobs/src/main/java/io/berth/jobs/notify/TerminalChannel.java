package io.berth.jobs.notify;

import io.berth.jobs.container.Owner;
import io.berth.jobs.host.Terminals;
import io.berth.policies.PolicyBook.Notifications;
import java.io.IOException;

/** The owner's logged-in terminals. */
final class TerminalChannel implements Channel {

  private static final String NAME = "terminal";

  private final Terminals terminals;

  TerminalChannel(Terminals terminals) {
    this.terminals = terminals;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean isOn(Notifications settings) {
    return settings.terminal();
  }

  @Override
  public Delivery deliver(Message message, Notifications settings) throws IOException {
    Owner owner = message.notice().owner();
    if (!owner.isKnown()) {
      return Delivery.notDelivered(NAME, "the owner is unknown");
    }
    Terminals.Written written = terminals.write(owner.name(), "\n" + message.text() + "\n");
    String notTo = String.join("; ", written.notTo());
    if (!written.to().isEmpty()) {
      String to = "to " + String.join(", ", written.to());
      return Delivery.delivered(NAME, notTo.isEmpty() ? to : to + "; not to " + notTo);
    }
    return Delivery.notDelivered(
        NAME,
        notTo.isEmpty()
            ? "no terminal here is of a user of that name (not logged in, or not in the user database)"
            : notTo);
  }
}
