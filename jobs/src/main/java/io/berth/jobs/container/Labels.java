package io.berth.jobs.container;

/** Questions to a container's labels that more than one place asks. */
final class Labels {

  private Labels() {}

  /** Whether there is a label, of whatever value, whose name begins so. */
  static boolean anyBelow(Container container, String prefix) {
    return container.labels().keySet().stream().anyMatch(label -> label.startsWith(prefix));
  }
}
