package io.berth.jobs.engine;

import com.github.dockerjava.transport.DockerHttpClient.Request.Method;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The environment variables that images bring along. Kept: an image never changes. */
final class ImageEnvironments {

  private static final int KEPT = 256;

  private final Map<String, List<String>> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, List<String>> eldest) {
          return size() > KEPT;
        }
      };

  private final EngineApi api;

  ImageEnvironments(EngineApi api) {
    this.api = api;
  }

  /**
   * Asks the Engine, unless it is known; to be called inside {@link Lane#within}. Empty where the
   * image is gone: a variable then counts as set by somebody.
   */
  List<String> of(String imageId, Lane lane) throws IOException, EngineException {
    synchronized (known) {
      List<String> env = known.get(imageId);
      if (env != null) {
        return env;
      }
    }
    List<String> env = ask(imageId, lane);
    synchronized (known) {
      known.put(imageId, env);
    }
    return env;
  }

  private List<String> ask(String imageId, Lane lane) throws IOException, EngineException {
    if (imageId.isEmpty()) {
      return List.of();
    }
    String path = "/images/" + DockerEngine.encode(imageId) + "/json";
    Lane.Answer answer = api.send(lane, Method.GET, path);
    if (answer.status() == 404) {
      return List.of();
    }
    EngineApi.expectOk("GET " + path, answer);
    Fields image = Fields.parseObject("image " + imageId, answer.body());
    return image.has("Config") ? List.copyOf(image.object("Config").texts("Env")) : List.of();
  }
}
