package io.berth.daemon.demo;

import io.berth.daemon.run.Chronicle.Entry;
import java.util.List;

/** What becomes of a container's GPU. */
enum GpuFate {
  NONE(""),
  OWN("its own"),
  HELD("held"),
  HELD_THEN_RELEASED("held, then released"),
  HELD_THEN_OWN("held, its own again"),
  FREE_AT_ONCE("free at once"),
  RELEASED_FIRST("released, then removed"),
  IN_CONFLICT("in conflict");

  private final String word;

  GpuFate(String word) {
    this.word = word;
  }

  /** As shown. */
  String word() {
    return word;
  }

  /**
   * By the event log. A restart within the hold is no event: the GPU has been its own all along.
   *
   * @param events all of the container
   * @param state the container's
   */
  static GpuFate of(List<Entry> events, String state) {
    List<Entry> story = events.stream().filter(each -> each.type().startsWith("gpu.")).toList();
    if (story.isEmpty()) {
      return NONE;
    }
    boolean held = story.stream().anyMatch(each -> each.type().equals("gpu.hold"));
    Entry last = story.get(story.size() - 1);
    return switch (last.type()) {
      case "gpu.allocate" -> OWN;
      case "gpu.hold" -> state.equals("running") ? HELD_THEN_OWN : HELD;
      case "gpu.release" -> held ? HELD_THEN_RELEASED : withoutHold(last);
      default -> IN_CONFLICT;
    };
  }

  private static GpuFate withoutHold(Entry release) {
    return release.detail("reason").equals("created_never_started") ? RELEASED_FIRST : FREE_AT_ONCE;
  }
}
