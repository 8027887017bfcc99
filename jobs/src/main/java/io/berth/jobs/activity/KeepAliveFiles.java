package io.berth.jobs.activity;

import io.berth.jobs.container.Container;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/**
 * The keep-alive files in running containers, read without running anything there. May take its
 * time: it is asked on a thread of its own.
 */
public interface KeepAliveFiles {

  /**
   * When it was last touched; empty where there is none.
   *
   * @param path absolute, as the container sees it
   * @throws IOException if that can't be told; what it says is shown to people
   */
  Optional<Instant> modifiedAt(Container container, String path) throws IOException;
}
