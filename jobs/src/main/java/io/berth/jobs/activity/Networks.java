package io.berth.jobs.activity;

import io.berth.jobs.container.Container;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Who shares whose network. Pure. */
final class Networks {

  private static final String JOINS = "container:";

  private Networks() {}

  /** Why its traffic never is its alone, by the way it was made; empty where it may be. */
  static Optional<String> notItsOwn(Container container) {
    String mode = container.networkMode();
    return mode.equals("host") || mode.startsWith(JOINS)
        ? Optional.of("it has no network of its own (" + mode + ")")
        : Optional.empty();
  }

  /**
   * The ids of those whose network a live container has joined ({@code --network container:...}),
   * itself or by way of another one. Who was started before them is in the network of a life
   * before.
   *
   * @param all that there are, in whatever state
   */
  static Set<String> joined(Collection<Container> all) {
    Map<String, Container> byReference = new HashMap<>();
    for (Container each : all) {
      byReference.put(JOINS + each.name(), each);
    }
    for (Container each : all) {
      byReference.put(JOINS + each.id(), each); // what the Engine makes of a name
    }
    Set<String> joined = new HashSet<>();
    for (Container each : all) {
      Container owner = byReference.get(each.networkMode());
      for (int hops = 0; each.state().isLive() && owner != null && hops < all.size(); hops++) {
        if (isAfter(each, owner)) {
          joined.add(owner.id());
        }
        owner = byReference.get(owner.networkMode());
      }
    }
    return joined;
  }

  private static boolean isAfter(Container joining, Container owner) {
    Instant start = joining.startedAt();
    Instant first = owner.startedAt();
    return start == null || first == null || !start.isBefore(first);
  }
}
