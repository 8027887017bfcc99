package io.berth.daemon.control;

import java.util.List;
import java.util.stream.Stream;

/** Everything that can be asked of a daemon through its control socket. */
final class ControlRoutes {

  private ControlRoutes() {}

  static List<Route> of(ControlParts parts) {
    return Stream.of(
            new StatusRoutes(parts).routes(),
            new ContainerRoutes(parts).routes(),
            new DeviceRoutes(parts).routes(),
            new ForesightRoutes(parts).routes(),
            new LimitRoutes(parts).routes(),
            new EventRoutes(parts).routes(),
            new ConfigRoutes(parts).routes(),
            new AdminRoutes(parts).routes())
        .flatMap(List::stream)
        .toList();
  }
}
