package io.berth.jobs.container;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.jobs.container.Container.Mount;
import io.berth.jobs.container.Container.State;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A builder of containers for tests: {@code Containers.exited("train").owner("ada").gpu("0")
 * .build()}. Whatever is not said is as the Engine would say it of a plain {@code docker run}:
 * created at {@link #CREATED_AT}, started a second later, ended with exit code 0 an hour later.
 */
public final class Containers {

  public static final Instant CREATED_AT = Instant.parse("2026-03-02T08:00:00Z");
  public static final Instant STARTED_AT = CREATED_AT.plusSeconds(1);
  public static final Instant FINISHED_AT = STARTED_AT.plus(Duration.ofHours(1));

  private String name;
  private final Map<String, String> labels = new LinkedHashMap<>();
  private final List<Mount> mounts = new ArrayList<>();
  private State state;
  private String id;
  private String image = "busybox";
  private Instant created = CREATED_AT;
  private @Nullable Instant startedAt;
  private @Nullable Instant finishedAt;
  private int exitCode;
  private boolean oomKilled;
  private String error = "";
  private int pid;
  private String restartPolicy = "no";
  private int restartCount;
  private boolean autoRemove;
  private @Nullable Duration stopTimeout;
  private String networkMode = "bridge";
  private @Nullable String healthcheck;
  private GpuRequest gpus = GpuRequest.NONE;

  private Containers(String name, State state) {
    this.name = name;
    this.state = state;
    this.id = idOf(name);
  }

  /** The same container, to be changed in part. */
  public static Containers from(Container container) {
    Containers copy = new Containers(container.name(), container.state());
    copy.id = container.id();
    copy.image = container.image();
    copy.labels.putAll(container.labels());
    copy.created = container.created();
    copy.startedAt = container.startedAt();
    copy.finishedAt = container.finishedAt();
    copy.exitCode = container.exitCode();
    copy.oomKilled = container.oomKilled();
    copy.error = container.error();
    copy.pid = container.pid();
    copy.restartPolicy = container.restartPolicy();
    copy.restartCount = container.restartCount();
    copy.autoRemove = container.autoRemove();
    copy.stopTimeout = container.stopTimeout();
    copy.networkMode = container.networkMode();
    copy.mounts.addAll(container.mounts());
    copy.healthcheck = container.healthcheck();
    copy.gpus = container.gpus();
    return copy;
  }

  /** Never started. */
  public static Containers created(String name) {
    return new Containers(name, State.CREATED);
  }

  public static Containers running(String name) {
    return live(name, State.RUNNING);
  }

  public static Containers paused(String name) {
    return live(name, State.PAUSED);
  }

  public static Containers restarting(String name) {
    return live(name, State.RESTARTING).pid(0).finishedAt(FINISHED_AT);
  }

  public static Containers exited(String name) {
    return new Containers(name, State.EXITED).startedAt(STARTED_AT).finishedAt(FINISHED_AT);
  }

  public static Containers dead(String name) {
    return exited(name).state(State.DEAD);
  }

  public static Containers removing(String name) {
    return exited(name).state(State.REMOVING);
  }

  private static Containers live(String name, State state) {
    return new Containers(name, state).startedAt(STARTED_AT).pid(4242);
  }

  /** The id that a container of that name has here: 64 hex digits. */
  public static String idOf(String name) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(name.getBytes(UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  public Containers id(String id) {
    this.id = id;
    return this;
  }

  /** Of the same id. */
  public Containers name(String name) {
    this.name = name;
    return this;
  }

  public Containers image(String image) {
    this.image = image;
    return this;
  }

  public Containers label(String key, String value) {
    labels.put(key, value);
    return this;
  }

  public Containers labels(Map<String, String> more) {
    labels.putAll(more);
    return this;
  }

  /** The label of the chain's first step. */
  public Containers owner(String user) {
    return label("ds01.user", user);
  }

  /** The label that says the type. */
  public Containers type(String type) {
    return label("ds01.container_type", type);
  }

  public Containers state(State state) {
    this.state = state;
    return this;
  }

  public Containers createdAt(Instant created) {
    this.created = created;
    return this;
  }

  public Containers startedAt(@Nullable Instant startedAt) {
    this.startedAt = startedAt;
    return this;
  }

  public Containers finishedAt(@Nullable Instant finishedAt) {
    this.finishedAt = finishedAt;
    return this;
  }

  public Containers exitCode(int exitCode) {
    this.exitCode = exitCode;
    return this;
  }

  public Containers oomKilled() {
    this.oomKilled = true;
    return this;
  }

  public Containers error(String error) {
    this.error = error;
    return this;
  }

  public Containers pid(int pid) {
    this.pid = pid;
    return this;
  }

  public Containers restartPolicy(String restartPolicy) {
    this.restartPolicy = restartPolicy;
    return this;
  }

  public Containers restartCount(int restartCount) {
    this.restartCount = restartCount;
    return this;
  }

  /** {@code --rm}. */
  public Containers autoRemove() {
    this.autoRemove = true;
    return this;
  }

  public Containers stopTimeout(Duration stopTimeout) {
    this.stopTimeout = stopTimeout;
    return this;
  }

  public Containers networkMode(String networkMode) {
    this.networkMode = networkMode;
    return this;
  }

  public Containers mount(String type, String source, String destination) {
    mounts.add(new Mount(type, source, destination, true));
    return this;
  }

  public Containers healthcheck(String command) {
    this.healthcheck = command;
    return this;
  }

  /** Pinned to these devices. */
  public Containers gpu(String... devices) {
    return gpus(GpuRequest.pinned(List.of(devices)));
  }

  /** Asks for all devices, without a name. */
  public Containers allGpus() {
    return gpus(GpuRequest.unpinned(GpuRequest.ALL));
  }

  public Containers gpus(GpuRequest gpus) {
    this.gpus = gpus;
    return this;
  }

  public Container build() {
    return new Container(
        id,
        name,
        image,
        labels,
        state,
        created,
        startedAt,
        finishedAt,
        exitCode,
        oomKilled,
        error,
        pid,
        restartPolicy,
        restartCount,
        autoRemove,
        stopTimeout,
        networkMode,
        mounts,
        healthcheck,
        gpus);
  }
}
