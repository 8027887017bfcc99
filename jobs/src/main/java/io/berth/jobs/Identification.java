package io.berth.jobs;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.OwnerChain;
import io.berth.policies.ContainerType;
import org.jspecify.annotations.Nullable;

/** Who a container belongs to, what kind it is, and whether it is anybody's to touch. */
public interface Identification {

  OwnerChain.Attribution attribute(Container container);

  ContainerType typeOf(Container container);

  /** What makes it infrastructure, in words; null where nothing does. */
  @Nullable String protects(Container container);
}
