package io.berth.daemon.demo;

import static io.berth.daemon.demo.Role.Entrance.CREATED;
import static io.berth.daemon.demo.Role.Entrance.REMOVED_BY_USER;
import static io.berth.daemon.demo.Role.Entrance.RESTARTED_IN_ITS_HOLD;
import static io.berth.daemon.demo.Role.Entrance.RUNS;
import static io.berth.daemon.demo.Role.Entrance.RUNS_THEN_PAUSED;
import static io.berth.daemon.demo.Role.Entrance.RUNS_THEN_STOPPED_BY_USER;
import static io.berth.daemon.demo.Role.Entrance.START_FAILS;

import java.util.ArrayList;
import java.util.List;

/** Who plays in the first part of the demo, and the limits that all live under. */
final class Cast {

  /** Seconds instead of hours; the rules, the caps and the order of things are the real ones. */
  static final String LIMITS =
      """
      safety:
        mode: enforce
        startup_grace: 2s
        boot_grace: 0s
        breaker_share: 1            # everything here is meant to go: no breaker
      schedules:
        sample: every 1s
        idle-stop: every 1s
        max-runtime: every 1s
        created-cleanup: every 1s
        stale-cleanup: every 1s
        gpu-release: every 1s
        reconcile: every 5s
      policies:
        created_container_timeout: 8s
        two_state_settle: 1s
        grace_period: 2s
        idle_warnings: [0.25, 0.5]
        runtime_warnings: [0.25, 0.5]
        cpu_idle_threshold: 3       # of one core: this machine may be a noisy one
      defaults:
        gpu_hold_after_stop: 5s
        container_hold_after_stop: 8s
        interrupted_hold: 24h
        sigterm_grace: 5s
        max_gpu_equivalents: null
      container_types:
        unknown: {container_hold_after_stop: 4s}
      groups:
        patient: {members: [carla], container_hold_after_stop: 15s}
        sharers: {members: [hana, ivan, jo, kim, lea, mia, omar, quin, tess], idle_timeout: 24s}
        lab: {members: [rosa, sven], gpu_hold_after_stop: 12s, container_hold_after_stop: 1h}
      user_overrides:
        gus: {container_hold_after_stop: never}
        noor: {idle_timeout: 24s, cpu_idle_threshold: 20}   # a check in a sample of a second
        pia: {max_runtime: 24s}
      monitoring:
        infrastructure_containers: [dcgm-exporter]
      notifications:
        terminal: false             # somebody here may really have one of these names
      """;

  private static final Fate NEVER_STARTED = Fate.removed("created_never_started");
  private static final Fate HOLD_EXPIRED = Fate.removed("hold_expired");
  private static final Fate TWO_STATE = Fate.removed("two_state");

  private static final List<String> SLEEP = List.of("sleep", "1000");
  private static final List<String> END_WELL = List.of("true");
  private static final List<String> FAIL = List.of("sh", "-c", "exit 3");

  /** Enough of a life for the event stream to be seen open at its end. */
  private static final List<String> SECOND = List.of("sleep", "1");

  /** Enough of one for its GPU to be seen as its own. */
  private static final List<String> SOME_SECONDS = List.of("sleep", "5");

  private static final List<String> SECOND_LIFE_LASTS =
      List.of("sh", "-c", "test -e /tmp/again && exec sleep 1000; touch /tmp/again");

  private final List<Role> roles = new ArrayList<>();

  private Cast() {}

  /**
   * All that are there from the beginning.
   *
   * @param user one of this host's, with their uid
   */
  static List<Role> of(String user, long uid) {
    Cast cast = new Cast();
    cast.neverStarted();
    cast.stopped(user, uid);
    cast.ofWrappers();
    cast.alive();
    cast.infrastructure();
    return cast.roles;
  }

  /** One that stops after the Engine's restart: its hold is the normal one. */
  static Role latecomer() {
    return new Role(
        "eval-after-restart",
        "ben",
        "label:aime.mlc.USER",
        "exited 0 after the Engine's restart",
        HOLD_EXPIRED,
        RUNS,
        label("aime.mlc.USER=ben"),
        END_WELL);
  }

  private void neverStarted() {
    List<String> withGpu = gpu(0, label("ds01.user=ada"));
    Fate freed = NEVER_STARTED.with(GpuFate.RELEASED_FIRST);
    add("notebook", "ada", "created, with a GPU", freed, CREATED, withGpu, SLEEP);
    add("aime-draft", "ben", "created", NEVER_STARTED, CREATED, label("aime.mlc.USER=ben"), SLEEP);
    add(
        "broken-start",
        "ada",
        "created: its start failed",
        NEVER_STARTED,
        START_FAILS,
        label("ds01.user=ada"),
        List.of("/no/such/program"));
  }

  private void stopped(String user, long uid) {
    List<String> ada = label("ds01.user=ada");
    List<String> ben = label("aime.mlc.USER=ben");
    List<String> compose = and(ada, "--label", "com.docker.compose.project=site");
    Fate heldAndGone = HOLD_EXPIRED.with(GpuFate.HELD_THEN_RELEASED);
    add("train-crashed", "ada", "exited 3, with a GPU", heldAndGone, RUNS, gpu(1, ada), FAIL);
    add("eval-done", "ben", "exited 0", HOLD_EXPIRED, RUNS, ben, END_WELL);
    add("site-web-1", "ada", "Compose, exited 0", HOLD_EXPIRED, RUNS, compose, END_WELL);
    add(
        "vsc-old",
        "dora",
        "dev container, exited 0",
        HOLD_EXPIRED,
        RUNS,
        label("devcontainer.local_folder=/home/dora/old"),
        END_WELL);
    addAs("train._." + uid, user, "name-uid", "exited 3", HOLD_EXPIRED, RUNS, List.of(), FAIL);
    addAs("whose", "unknown", "none", "exited 0", HOLD_EXPIRED, RUNS, List.of(), END_WELL);
    add("sim", "ada", "stopped by its user", HOLD_EXPIRED, RUNS_THEN_STOPPED_BY_USER, ada, SLEEP);
    add("scratch", "ben", "--rm, exited 0", Fate.GONE, RUNS, and(ben, "--rm"), SECOND);
    add(
        "mind-changed",
        "carla",
        "exited, then removed by its user",
        Fate.GONE,
        REMOVED_BY_USER,
        label("ds01.user=carla"),
        END_WELL);
    add(
        "archive",
        "gus",
        "exited 0, hold: never",
        Fate.KEPT,
        RUNS,
        label("ds01.user=gus"),
        END_WELL);
  }

  private void ofWrappers() {
    List<String> job = and(label("ds01.user=fay"), "--label", "ds01.interface=orchestration");
    List<String> api = and(label("ds01.user=fay"), "--label", "ds01.container_type=api");
    Fate freed = TWO_STATE.with(GpuFate.FREE_AT_ONCE);
    add("job-1", "fay", "orchestration, ended well", freed, RUNS, gpu(2, job), SOME_SECONDS);
    add("job-2", "fay", "orchestration, failed", HOLD_EXPIRED, RUNS, job, FAIL);
    add("answer", "fay", "api, ended well", HOLD_EXPIRED, RUNS, api, SECOND);
  }

  private void alive() {
    List<String> ada = label("ds01.user=ada");
    List<String> dora = label("devcontainer.local_folder=/home/dora/paper");
    Fate freed = Fate.INTERRUPTED.with(GpuFate.HELD_THEN_RELEASED);
    add("train", "ada", "running, with a GPU", freed, RUNS, gpu(3, ada), SLEEP);
    add("vsc-paper", "dora", "dev container, running", Fate.INTERRUPTED, RUNS, dora, SLEEP);
    add("sweep-7", "ada", "paused, with a GPU", freed, RUNS_THEN_PAUSED, gpu(4, ada), SLEEP);
    add(
        "resumed",
        "carla",
        "restarted within its hold",
        Fate.INTERRUPTED,
        RESTARTED_IN_ITS_HOLD,
        label("ds01.user=carla"),
        SECOND_LIFE_LASTS);
  }

  private void infrastructure() {
    List<String> monitoring = label("ds01.monitoring=true");
    List<String> guarded = label("ds01.protected=yes");
    List<String> always = and(guarded, "--restart", "always");
    addAs("prometheus", "unknown", "none", "monitoring, exited", Fate.KEPT, RUNS, monitoring, FAIL);
    addAs("vault", "unknown", "none", "protected, created", Fate.KEPT, CREATED, guarded, SLEEP);
    addAs("gateway", "unknown", "none", "protected, running", Fate.KEPT, RUNS, always, SLEEP);
    addAs(
        "dcgm-exporter-1",
        "unknown",
        "none",
        "protected by its name, exited",
        Fate.KEPT,
        RUNS,
        List.of(),
        END_WELL);
  }

  private void add(
      String name,
      String owner,
      String was,
      Fate fate,
      Role.Entrance entrance,
      List<String> docker,
      List<String> command) {
    String label = docker.get(1).replaceFirst("=.*", "");
    String told = (label.startsWith("devcontainer.") ? "path-label:" : "label:") + label;
    addAs(name, owner, told, was, fate, entrance, docker, command);
  }

  private void addAs(
      String name,
      String owner,
      String told,
      String was,
      Fate fate,
      Role.Entrance entrance,
      List<String> docker,
      List<String> command) {
    roles.add(new Role(name, owner, told, was, fate, entrance, docker, command));
  }

  private static List<String> label(String label) {
    return List.of("--label", label);
  }

  /** Each has another GPU: two on one would be a conflict. */
  private static List<String> gpu(int index, List<String> docker) {
    return and(docker, "--gpus", "device=" + index);
  }

  private static List<String> and(List<String> docker, String... more) {
    List<String> all = new ArrayList<>(docker);
    all.addAll(List.of(more));
    return all;
  }
}
