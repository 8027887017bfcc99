package io.berth.jobs.engine;

import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.transport.DockerHttpClient.Request.Method;
import io.berth.jobs.engine.EngineException.Kind;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The version of the API that is spoken with the Engine: asked for at the first call, and again
 * after a broken connection or a refused version, because then it may be another Engine.
 *
 * <p>All methods block; they are to be called inside {@link Lane#within}.
 */
final class EngineApi {

  private volatile @Nullable ApiVersion version;

  /** The version of the Engine's program, such as 20.10.24, and that of its API in use. */
  record Versions(String engine, ApiVersion api) {}

  /** Asks the Engine for its versions now. */
  Versions versions(Lane lane) throws IOException, EngineException {
    Lane.Answer answer = lane.send(Method.GET, "/version");
    expectOk("GET /version", answer);
    Fields json = Fields.parseObject("GET /version", answer.body());
    try {
      ApiVersion newest = ApiVersion.parse(json.text("ApiVersion"));
      ApiVersion oldest = ApiVersion.parse(json.text("MinAPIVersion", newest.toString()));
      Versions versions = new Versions(json.text("Version"), ApiVersion.toSpeak(oldest, newest));
      version = versions.api();
      return versions;
    } catch (IllegalArgumentException e) {
      throw new EngineException(Kind.ERROR, "GET /version: " + e.getMessage(), e);
    }
  }

  /** Sends a request in the version in use. An Engine that refuses the version did nothing yet. */
  Lane.Answer send(Lane lane, Method method, String path) throws IOException, EngineException {
    try {
      Lane.Answer answer = lane.send(method, versioned(lane, path));
      if (!isOtherVersion(answer)) {
        return answer;
      }
      version = null;
      return lane.send(method, versioned(lane, path));
    } catch (IOException e) {
      version = null;
      throw e;
    }
  }

  /** Opens a stream; the answer's body is the caller's to read and to close. */
  DockerHttpClient.Response open(Lane lane, String path) throws IOException, EngineException {
    DockerHttpClient.Response response;
    try {
      response = lane.open(Method.GET, versioned(lane, path));
    } catch (IOException e) {
      version = null;
      throw e;
    }
    if (response.getStatusCode() == 200) {
      return response;
    }
    version = null;
    try (response) {
      Lane.Answer answer = Lane.read(response);
      throw error("GET " + path, answer);
    }
  }

  private String versioned(Lane lane, String path) throws IOException, EngineException {
    ApiVersion known = version;
    return "/v" + (known == null ? versions(lane).api() : known) + path;
  }

  private static boolean isOtherVersion(Lane.Answer answer) {
    return answer.status() == 400 && message(answer).contains("client version");
  }

  static void expectOk(String what, Lane.Answer answer) throws EngineException {
    if (!answer.ok()) {
      throw error(what, answer);
    }
  }

  /** Whether the answer says that there is no such container, rather than no such page. */
  static boolean isGone(Lane.Answer answer) {
    return answer.status() == 404
        && message(answer).toLowerCase(Locale.ROOT).contains("no such container");
  }

  private static EngineException error(String what, Lane.Answer answer) {
    return new EngineException(
        Kind.ERROR,
        "%s: the Engine answered %d: %s".formatted(what, answer.status(), message(answer)));
  }

  /** The Engine's words: what its JSON has as message, or the whole answer where it is not that. */
  static String message(Lane.Answer answer) {
    String text = answer.body().strip();
    try {
      text = Fields.parseObject("an error", answer.body()).text("message", text);
    } catch (EngineException notJson) {
      // A proxy's page, say: it is shown as it is.
    }
    return text.length() <= 500 ? text : text.substring(0, 500) + "...";
  }
}
