package io.berth.daemon.control;

import io.berth.daemon.control.Refusal.Code;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All that can be asked, and which of it a request means. */
final class Router {

  /** What a request means. */
  record Match(Route route, Map<String, String> path) {}

  private final List<Route> routes;

  Router(List<Route> routes) {
    this.routes = List.copyOf(routes);
  }

  List<Route> routes() {
    return routes;
  }

  Match find(String method, String path) {
    boolean known = false;
    for (Route route : routes) {
      Optional<Map<String, String>> values = route.match(path);
      if (values.isPresent() && route.method().equals(method)) {
        return new Match(route, values.get());
      }
      known |= values.isPresent();
    }
    throw known
        ? new Refusal(Code.METHOD_NOT_ALLOWED, path + " is not asked for by that method")
        : new Refusal(Code.NOT_FOUND, "there is no such path; docs/control.md lists them");
  }
}
