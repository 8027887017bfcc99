package io.berth.jobs.notify;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.jobs.container.Container;
import io.berth.jobs.host.ContainerFiles;
import io.berth.policies.PolicyBook.Notifications;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A file inside the container with its last alerts, rewritten whole each time. They are kept in
 * memory, those that could not be written too, and are those of the journal where none are; nothing
 * is ever read from the container.
 */
final class ContainerFileChannel implements Channel {

  static final int KEPT_ALERTS = 20;
  static final int KEPT_CONTAINERS = 1_000;
  private static final String NAME = "container_file";

  /** By id, those longest without an alert first. */
  private static final class Latest extends LinkedHashMap<String, Deque<String>> {

    private static final long serialVersionUID = 1L;

    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Deque<String>> eldest) {
      return size() > KEPT_CONTAINERS;
    }
  }

  private final ContainerFiles files;
  private final EarlierAlerts earlier;
  private final Map<String, Deque<String>> alerts = Collections.synchronizedMap(new Latest());

  ContainerFileChannel(ContainerFiles files, EarlierAlerts earlier) {
    this.files = files;
    this.earlier = earlier;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean isOn(Notifications settings) {
    return settings.containerFile() != null;
  }

  @Override
  public Delivery deliver(Message message, Notifications settings) throws IOException {
    Notice.About about = message.notice().about();
    if (about == null) {
      return Delivery.notDelivered(NAME, "a test is about no container");
    }
    String path = Objects.requireNonNull(settings.containerFile(), "asked though it is off");
    Container container = about.container();
    try {
      files.replace(container, path, content(container, add(container, message)));
      return Delivery.delivered(NAME, "to " + path + " in the container");
    } catch (ContainerFiles.UnsuitableException e) {
      return Delivery.notDelivered(NAME, Plain.line(String.valueOf(e.getMessage())));
    }
  }

  private List<String> add(Container container, Message message) {
    synchronized (alerts) {
      Deque<String> latest = alerts.remove(container.id());
      if (latest == null) {
        latest = new ArrayDeque<>(earlier.of(container.id(), KEPT_ALERTS));
      }
      latest.addLast(message.notice().alert());
      if (latest.size() > KEPT_ALERTS) {
        latest.removeFirst();
      }
      alerts.put(container.id(), latest);
      return new ArrayList<>(latest);
    }
  }

  private static byte[] content(Container container, List<String> latest) {
    String title =
        "Berth's last alerts for container "
            + Plain.line(container.name())
            + ", the newest at the end";
    return (title + "\n\n" + String.join("\n\n", latest) + "\n").getBytes(UTF_8);
  }
}
