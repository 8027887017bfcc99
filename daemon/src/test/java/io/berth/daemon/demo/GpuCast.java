package io.berth.daemon.demo;

import static io.berth.daemon.demo.Role.Entrance.RUNS;
import static io.berth.daemon.demo.Role.Entrance.STOPPED_AND_RESTARTED;
import static io.berth.daemon.demo.Role.Entrance.STOPPED_BY_USER;
import static io.berth.daemon.demo.Role.Entrance.VISITED;
import static io.berth.daemon.demo.Role.Entrance.WAKES_UP;

import io.berth.daemon.run.HungFuse;
import java.util.ArrayList;
import java.util.List;

/** Who plays in the second part of the demo: running containers, each with a GPU of its own. */
final class GpuCast {

  /** Who is exempt from what. */
  static final String EXEMPTIONS =
      """
      exemptions:
        - {username: omar, exempt_from: [idle_timeout], expires_on: null, reason: paper deadline}
      """;

  /** The one whose alerts are shown. */
  static final String SLEEPER = "asleep";

  private static final String[] CHECKS = {"--health-cmd", "true", "--health-interval", "4s"};

  /** The first part has those before. */
  private static final int FIRST_GPU = 5;

  private static final String SLEEP = "exec sleep 1000";
  private static final String WORK = "while :; do :; done";
  private static final String SLEEP_UNTIL_SIGNALLED = "trap : USR1; sleep 1000 & wait; " + WORK;
  private static final Fate WORKS = Fate.KEPT.with(GpuFate.OWN);

  private final List<Role> roles = new ArrayList<>();

  private GpuCast() {}

  static List<Role> all() {
    GpuCast cast = new GpuCast();
    cast.idle();
    cast.spared();
    cast.others();
    if (HungFuse.isPossible()) {
      cast.hung();
    }
    return cast.roles;
  }

  private void idle() {
    Fate stopped = Fate.stopped("idle_timeout");
    add(SLEEPER, "hana", "idle", stopped, RUNS, SLEEP);
    add("fleeting", "ivan", "idle, --rm", Fate.paused("idle_timeout"), RUNS, SLEEP, "--rm");
    add("checked", "noor", "idle, with a health check", stopped, RUNS, SLEEP, CHECKS);
    add("sabbatical", "omar", "idle, its owner exempt", Fate.EXEMPT, RUNS, SLEEP);
  }

  private void spared() {
    String keepAlive = "touch /workspace/.keep-alive; ";
    add("at-work", "jo", "a busy loop", WORKS, RUNS, WORK);
    add("kept-alive", "kim", "idle, with a keep-alive file", WORKS, RUNS, keepAlive + SLEEP);
    add("late-riser", "lea", "idle, then busy", Fate.SPARED, WAKES_UP, SLEEP_UNTIL_SIGNALLED);
    add("visited", "mia", "idle, then docker exec", Fate.SPARED, VISITED, SLEEP);
  }

  private void others() {
    Fate released = Fate.KEPT.with(GpuFate.HELD_THEN_RELEASED);
    Fate own = Fate.KEPT.with(GpuFate.HELD_THEN_OWN);
    add("overtime", "pia", "busy beyond max_runtime", Fate.stopped("max_runtime"), RUNS, WORK);
    add("done-for-today", "sven", "stopped by its user", released, STOPPED_BY_USER, SLEEP);
    add("lunch-break", "rosa", "restarted within its hold", own, STOPPED_AND_RESTARTED, SLEEP);
  }

  private void hung() {
    String[] rights = HungFuse.RIGHTS.toArray(String[]::new);
    String hungMount = HungFuse.at("/workspace") + SLEEP;
    Fate stopped = Fate.stopped("idle_timeout");
    add("hung-mount", "quin", "idle, on a mount that hangs", stopped, RUNS, hungMount, rights);
    add("stuck", "tess", "idle, can't be stopped", Fate.STUCK, RUNS, HungFuse.UNSTOPPABLE, rights);
  }

  private void add(
      String name,
      String owner,
      String was,
      Fate fate,
      Role.Entrance entrance,
      String script,
      String... docker) {
    List<String> options = new ArrayList<>(List.of("--label", "ds01.user=" + owner));
    options.addAll(List.of("--gpus", "device=" + (FIRST_GPU + roles.size())));
    options.addAll(List.of(docker));
    List<String> command = List.of("sh", "-c", script);
    roles.add(new Role(name, owner, "label:ds01.user", was, fate, entrance, options, command));
  }
}
