package io.berth.jobs.engine;

import static java.util.stream.Collectors.toUnmodifiableMap;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.Mount;
import io.berth.jobs.container.GpuRequest;
import io.berth.jobs.container.GpuRequests;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The Engine's JSON of a container, from {@code GET /containers/json} or {@code GET
 * /containers/ID/json}, as what Berth makes of it.
 *
 * <p>It is read as JSON and not through a library's model because a model drops the fields that it
 * does not know, and because null and missing can be told apart. A fact that an act may rest on
 * (state, times, exit code, labels, {@code --rm}) has to be there. The others are neutral where
 * they are missing: no name, no restarts, no mounts, no pid, network mode {@code default}.
 */
final class ContainerJson {

  /** A StopTimeout below 0 means that the Engine never sends SIGKILL. */
  static final Duration NEVER_KILLED = Duration.ofDays(36_500);

  private static final Map<String, Container.State> STATES =
      Arrays.stream(Container.State.values())
          .collect(toUnmodifiableMap(Container.State::word, Function.identity()));

  private final Fields json;
  private final Fields state;
  private final Fields config;
  private final Fields hostConfig;

  private ContainerJson(Fields json) throws EngineException {
    this.json = json;
    state = json.object("State");
    config = json.object("Config");
    hostConfig = json.object("HostConfig");
  }

  /**
   * @param id how it was asked for, for the text of errors
   */
  static ContainerJson parse(String id, String body) throws EngineException {
    Fields json = Fields.parseObject("container " + id, body);
    return new ContainerJson(
        json.named("container %s (%s)".formatted(json.text("Id"), name(json.text("Name", "")))));
  }

  /** One object of the list. */
  static Engine.Summary summary(Fields element) throws EngineException {
    String id = element.text("Id");
    String name = ownName(element.texts("Names"));
    Fields json = element.named("container %s (%s) in the list".formatted(id, name));
    return new Engine.Summary(
        id, name, json.text("Image", ""), state(json, "State"), json.textMap("Labels"));
  }

  /** The one that is not a link's alias, {@code /other/alias}; empty where there is none. */
  private static String ownName(List<String> names) {
    return names.stream()
        .map(ContainerJson::name)
        .filter(name -> name.indexOf('/') < 0)
        .findFirst()
        .orElse("");
  }

  private static String name(String withSlash) {
    return withSlash.startsWith("/") ? withSlash.substring(1) : withSlash;
  }

  private static Container.State state(Fields json, String field) throws EngineException {
    Container.State state = STATES.get(json.text(field));
    if (state == null) {
      throw json.nonsense(field);
    }
    return state;
  }

  Container container(GpuRequest gpus) throws EngineException {
    return new Container(
        json.text("Id"),
        name(json.text("Name", "")),
        config.text("Image", json.text("Image", "")),
        config.textMap("Labels"),
        state(state, "Status"),
        created(),
        state.instant("StartedAt"),
        state.instant("FinishedAt"),
        state.integer("ExitCode"),
        state.bool("OOMKilled", false),
        state.text("Error", ""),
        state.integer("Pid", 0),
        restartPolicy(),
        json.integer("RestartCount", 0),
        hostConfig.bool("AutoRemove"),
        stopTimeout(),
        hostConfig.text("NetworkMode", "default"),
        mounts(),
        healthcheck(),
        gpus);
  }

  /** What it asks of GPUs; {@code imageEnv} is the environment that came with its image. */
  GpuRequests.Asked gpusAsked(List<String> imageEnv) throws EngineException {
    List<String> devices = new ArrayList<>();
    for (Fields device : hostConfig.objects("Devices")) {
      devices.add(device.text("PathOnHost", ""));
    }
    String runtime = hostConfig.text("Runtime", "");
    return new GpuRequests.Asked(
        deviceRequests(),
        runtime.isEmpty() ? null : runtime,
        config.texts("Env"),
        imageEnv,
        devices);
  }

  /** The id of its image; empty where the Engine does not tell. */
  String imageId() throws EngineException {
    return json.text("Image", "");
  }

  private List<GpuRequests.DeviceRequest> deviceRequests() throws EngineException {
    List<GpuRequests.DeviceRequest> requests = new ArrayList<>();
    for (Fields request : hostConfig.objects("DeviceRequests")) {
      requests.add(
          new GpuRequests.DeviceRequest(
              request.text("Driver", ""),
              request.integer("Count", 0),
              request.texts("DeviceIDs"),
              request.textLists("Capabilities")));
    }
    return requests;
  }

  private Instant created() throws EngineException {
    Instant created = json.instant("Created");
    if (created == null) {
      throw json.nonsense("Created");
    }
    return created;
  }

  /** Empty means none to the Engine. */
  private String restartPolicy() throws EngineException {
    if (!hostConfig.has("RestartPolicy")) {
      return "no";
    }
    String name = hostConfig.object("RestartPolicy").text("Name", "");
    return name.isEmpty() ? "no" : name;
  }

  private @Nullable Duration stopTimeout() throws EngineException {
    if (!config.has("StopTimeout")) {
      return null;
    }
    int seconds = config.integer("StopTimeout");
    return seconds < 0 ? NEVER_KILLED : Duration.ofSeconds(seconds);
  }

  private List<Mount> mounts() throws EngineException {
    List<Mount> mounts = new ArrayList<>();
    for (Fields mount : json.objects("Mounts")) {
      String type = mount.text("Type", "");
      String source = mount.text(type.equals("volume") ? "Name" : "Source", "");
      mounts.add(new Mount(type, source, mount.text("Destination"), mount.bool("RW", true)));
    }
    return mounts;
  }

  /** {@code CMD-SHELL} is run by the image's SHELL, as the Engine does it. */
  private @Nullable String healthcheck() throws EngineException {
    if (!config.has("Healthcheck")) {
      return null;
    }
    List<String> test = config.object("Healthcheck").texts("Test");
    if (test.isEmpty() || test.get(0).equals("NONE")) {
      return null;
    }
    List<String> words = new ArrayList<>();
    if (test.get(0).equals("CMD-SHELL")) {
      List<String> shell = config.texts("Shell");
      words.addAll(shell.isEmpty() ? List.of("/bin/sh", "-c") : shell);
    }
    words.addAll(test.subList(1, test.size()));
    return String.join(" ", words);
  }
}
