package io.berth.daemon.demo;

import io.berth.daemon.run.Chronicle;
import io.berth.daemon.run.Chronicle.Entry;
import java.util.HashSet;
import java.util.Set;

/** What the users do when they hear of their containers. */
final class Users {

  private final Stage stage;
  private final Teller teller;
  private final Set<String> done = new HashSet<>();

  Users(Stage stage, Teller teller) {
    this.stage = stage;
    this.teller = teller;
  }

  /** Has the user of that container do what is to be done by now. */
  void hear(Role role, Chronicle now) {
    now.of(role.name()).forEach(entry -> hear(role, entry));
  }

  private void hear(Role role, Entry entry) {
    String name = role.name();
    boolean announced = entry.type().equals("container.warn");
    boolean started = entry.type().equals("container.start");
    boolean held = entry.type().equals("gpu.hold");
    boolean warned = Happened.isLastWarning(entry);
    switch (role.entrance()) {
      case RESTARTED_IN_ITS_HOLD -> once(announced, role, "start", name);
      case REMOVED_BY_USER -> once(announced, role, "rm", name);
      case WAKES_UP -> once(warned, role, "kill", "--signal", "USR1", name);
      case VISITED -> eachTime(warned, entry, role, "exec", name, "true");
      case STOPPED_BY_USER -> once(started, role, "stop", name);
      case STOPPED_AND_RESTARTED -> {
        once(started, role, "stop", name);
        once(held, role, "start", name);
      }
      case CREATED, START_FAILS, RUNS, RUNS_THEN_PAUSED, RUNS_THEN_STOPPED_BY_USER -> {}
    }
  }

  private void once(boolean due, Role role, String... docker) {
    if (due && done.add(role.name() + " " + docker[0])) {
      act(role, docker);
    }
  }

  private void eachTime(boolean due, Entry entry, Role role, String... docker) {
    if (due && done.add(role.name() + " " + entry.seq())) {
      act(role, docker);
    }
  }

  private void act(Role role, String... docker) {
    teller.user(role, "docker " + String.join(" ", docker));
    stage.docker(docker);
  }
}
