package io.berth.jobs.container;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One container as the Engine described it at one moment: {@code GET /containers/ID/json}.
 * Immutable.
 *
 * @param id the full id, 64 hex digits
 * @param name without the leading slash
 * @param image as it was named at create, or its id
 * @param created when it was created
 * @param startedAt start of the life that runs or ran last; null where it never started (the Engine
 *     says year 1)
 * @param finishedAt end of the last life; null where none ended (year 1). A running container that
 *     was restarted still carries the end of its former life
 * @param exitCode of the last life; 0 where none ended
 * @param oomKilled whether the kernel killed it for memory
 * @param error what the Engine says went wrong at the last start; empty where nothing did
 * @param pid of its first process on the host; 0 where it does not run
 * @param restartPolicy {@code no}, {@code always}, {@code on-failure}, {@code unless-stopped}
 * @param restartCount how often the policy restarted it since a person started it
 * @param autoRemove {@code --rm}
 * @param stopTimeout its own grace between SIGTERM and SIGKILL; null where it has none
 * @param networkMode such as {@code bridge}, {@code host}, {@code container:ID}
 * @param healthcheck the command of its health check as an exec event shows it; null where it has
 *     none
 * @param gpus what it asks for
 */
public record Container(
    String id,
    String name,
    String image,
    Map<String, String> labels,
    State state,
    Instant created,
    @Nullable Instant startedAt,
    @Nullable Instant finishedAt,
    int exitCode,
    boolean oomKilled,
    String error,
    int pid,
    String restartPolicy,
    int restartCount,
    boolean autoRemove,
    @Nullable Duration stopTimeout,
    String networkMode,
    List<Mount> mounts,
    @Nullable String healthcheck,
    GpuRequest gpus) {

  /** The Engine's word for it. */
  public enum State {
    CREATED,
    RUNNING,
    PAUSED,
    RESTARTING,
    EXITED,
    DEAD,
    REMOVING;

    /** The word used in events and metrics. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Whether it has processes now, or will again without anybody's doing. */
    public boolean isLive() {
      return this == RUNNING || this == PAUSED || this == RESTARTING;
    }

    /** Whether a life of it is over. */
    public boolean isStopped() {
      return this == EXITED || this == DEAD;
    }
  }

  /**
   * One mount.
   *
   * @param type {@code bind}, {@code volume}, {@code tmpfs}, ...
   * @param source the host path or volume name; empty where there is none
   * @param destination the path inside
   */
  public record Mount(String type, String source, String destination, boolean writable) {}

  public Container {
    labels = Map.copyOf(labels);
    mounts = List.copyOf(mounts);
  }

  /** Whether it ran at least once. */
  public boolean everStarted() {
    return startedAt != null;
  }

  /** The first twelve digits of the id, as {@code docker ps} shows it. */
  public String shortId() {
    return id.length() <= 12 ? id : id.substring(0, 12);
  }
}
