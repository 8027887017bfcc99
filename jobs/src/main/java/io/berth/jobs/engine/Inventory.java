package io.berth.jobs.engine;

import io.berth.jobs.container.Container;
import java.util.List;
import java.util.Map;

/** Placeholder until the branch engine is merged. */
public class Inventory {
  public record Survey(List<Container> containers, Map<String, String> failed) {}

  public Survey take() throws EngineException {
    return new Survey(List.of(), Map.of());
  }

  public Survey takeFresh() throws EngineException {
    return new Survey(List.of(), Map.of());
  }

  public void markDirty(String id) {}

  public void streamLost() {}

  public void streamConnected() {}
}
