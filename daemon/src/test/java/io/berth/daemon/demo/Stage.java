package io.berth.daemon.demo;

import io.berth.jobs.engine.TestEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/** The Engine that the demo plays on, and what users do to their containers there. */
final class Stage {

  private static final String IMAGE = "berth/busybox";

  private final TestEngine engine;

  Stage(TestEngine engine) {
    this.engine = engine;
  }

  /** Begins to make them, two at a time; done when all are there. */
  CompletableFuture<Void> enter(List<Role> roles) {
    ExecutorService hands = Executors.newFixedThreadPool(2);
    CompletableFuture<?>[] made =
        roles.stream()
            .map(role -> CompletableFuture.runAsync(() -> enter(role), hands))
            .toArray(CompletableFuture<?>[]::new);
    hands.shutdown();
    return CompletableFuture.allOf(made);
  }

  private void enter(Role role) {
    switch (role.entrance()) {
      case CREATED -> engine.create(arguments(role));
      case START_FAILS -> {
        engine.create(arguments(role));
        startInVain(role);
      }
      case RUNS_THEN_PAUSED -> {
        engine.run(arguments(role));
        engine.docker("pause", role.name());
      }
      case RUNS_THEN_STOPPED_BY_USER -> {
        engine.run(arguments(role));
        engine.docker("stop", role.name());
      }
      case RUNS,
          RESTARTED_IN_ITS_HOLD,
          REMOVED_BY_USER,
          WAKES_UP,
          VISITED,
          STOPPED_BY_USER,
          STOPPED_AND_RESTARTED ->
          engine.run(arguments(role));
    }
  }

  private void startInVain(Role role) {
    try {
      engine.docker("start", role.name());
    } catch (IllegalStateException asItShould) {
      return;
    }
    throw new IllegalStateException(role.name() + " was to fail at its start and did not");
  }

  private static String[] arguments(Role role) {
    List<String> arguments = new ArrayList<>(List.of("--name", role.name()));
    boolean hangs = role.fate().kind() == Fate.Kind.STUCK; // which only a first process can
    if (role.entrance() != Role.Entrance.START_FAILS && !hangs) {
      arguments.add("--init"); // it takes a SIGTERM at once, and nobody waits for a SIGKILL
    }
    arguments.addAll(role.docker());
    arguments.add(IMAGE);
    arguments.addAll(role.command());
    return arguments.toArray(String[]::new);
  }

  /** {@code docker ARGS}, as a user types it. */
  void docker(String... args) {
    engine.docker(args);
  }

  /** The lines of a file in a container, without running anything in it. */
  List<String> read(Role role, String path, Path scratch) throws IOException {
    engine.docker("cp", role.name() + ":" + path, scratch.toString());
    return Files.readAllLines(scratch);
  }

  /** What answers nothing ends, and with it what waited for an answer. */
  void letGo(List<Role> roles) {
    for (Role role : roles) {
      if (role.fate().kind() == Fate.Kind.STUCK) {
        engine.docker("exec", "-d", role.name(), "kill", "-9", "-1");
        engine.docker("wait", role.name());
      }
    }
  }

  void restartEngine() {
    engine.restart();
  }

  /** {@code created}, {@code running}, ...; by name, of all that are there. */
  Map<String, String> states() {
    return engine
        .docker("ps", "-a", "--format", "{{.Names}} {{.State}}")
        .lines()
        .map(line -> line.split(" ", 2))
        .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1]));
  }
}
