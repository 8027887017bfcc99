package io.berth.daemon.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.daemon.demo.Fate.Kind;
import io.berth.daemon.demo.Role.Entrance;
import io.berth.daemon.run.Chronicle;
import io.berth.daemon.run.Chronicle.Entry;
import io.berth.daemon.run.DaemonHome;
import io.berth.daemon.run.DaemonProcess;
import io.berth.jobs.engine.TestEngine;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The demo: the real daemon, as a process of its own, does its main job on live containers of a
 * real Engine, in seconds instead of hours; every container must meet the fate its role names.
 */
public final class Demo {

  /** The name under which dev/demo has started the Engine. */
  private static final String ENGINE = "demo";

  /** Far more than needed: a fate is awaited, never slept for. */
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final List<Role> cast;
  private final List<Role> onGpus = GpuCast.all();
  private final Stage stage;
  private final DaemonHome home;
  private final DaemonProcess daemon;
  private final Teller teller;
  private final Users users;
  private final @Nullable Screens screens;

  private Demo(
      List<Role> cast,
      Stage stage,
      DaemonHome home,
      DaemonProcess daemon,
      Teller teller,
      @Nullable Path screens) {
    this.screens = screens == null ? null : new Screens(screens, home);
    this.cast = cast;
    this.stage = stage;
    this.home = home;
    this.daemon = daemon;
    this.teller = teller;
    this.users = new Users(stage, teller);
  }

  /**
   * Arguments: a folder for the daemon's files, the path of the library that stands in for NVML,
   * the name of a user of this host, their uid, {@code colour} or {@code plain}; and the page for
   * the screens, if there is to be one.
   */
  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(System.out, true, UTF_8);
    try (TestEngine engine = TestEngine.running(ENGINE)) {
      boolean well =
          play(
              engine,
              Path.of(args[0]),
              Path.of(args[1]),
              args[2],
              Long.parseLong(args[3]),
              out,
              args[4].equals("colour"),
              args.length > 5 ? Path.of(args[5]) : null);
      System.exit(well ? 0 : 1);
    }
  }

  /**
   * Plays it once.
   *
   * @param engine an own one: it is restarted
   * @param nvml the library that stands in for NVML; its state is written beside it
   * @param screens the page to write of what the command prints meanwhile; null for none
   * @return whether every fate was the expected one
   */
  static boolean play(
      TestEngine engine,
      Path folder,
      Path nvml,
      String user,
      long uid,
      PrintStream out,
      boolean colour,
      @Nullable Path screens)
      throws IOException, InterruptedException {
    DaemonHome home = new DaemonHome(folder, engine.host());
    Rack.fill(nvml);
    home.configure(Cast.LIMITS, nvml.toString());
    Files.writeString(
        home.config().resolveSibling("lifecycle-exemptions.yaml"), GpuCast.EXEMPTIONS);
    Teller teller = new Teller(out, colour, Instant.now());
    teller.scene("Berth starts, in enforce, on %d GPUs, with these limits:".formatted(Rack.GPUS));
    teller.say((Cast.LIMITS + GpuCast.EXEMPTIONS).stripTrailing());
    try (DaemonProcess daemon = home.start().awaitReady()) {
      Demo demo = new Demo(Cast.of(user, uid), new Stage(engine), home, daemon, teller, screens);
      List<Teller.Line> lines = demo.play();
      int exit = daemon.stop();
      teller.tell(home.chronicle());
      teller.summary(lines);
      return exit == 0 && lines.stream().allMatch(Teller.Line::asExpected);
    }
  }

  private List<Teller.Line> play() throws IOException, InterruptedException {
    List<Role> all = new ArrayList<>(cast);
    teller.scene(cast.size() + " containers come");
    enter(cast);
    until("every container that is to go is gone", now -> allWent(now));
    until("it is past the time announced for the one restarted", now -> isPast(now));
    Set<Role> disturbed = disturbed();

    teller.scene("The Engine is restarted: it stops what runs, and that is not its users' doing");
    stage.restartEngine();
    Instant settled = Instant.now().plusSeconds(2); // what begins later is surely no interruption
    until(
        "the Engine's own stops are seen",
        now -> allWereInterrupted(now) && Instant.now().isAfter(settled));

    teller.scene("One more comes after the restart");
    Role latecomer = Cast.latecomer();
    all.add(latecomer);
    enter(List.of(latecomer));
    until("it is gone; the interrupted ones stay", now -> went(latecomer, now));

    teller.scene(onGpus.size() + " more come, each with a GPU of its own");
    all.addAll(onGpus);
    enter(onGpus);
    takeScreens();
    Instant late = Instant.now().plus(PATIENCE).minusSeconds(30); // the table says what is wrong
    until(
        "all limits are past, and all GPUs settled",
        now -> all.stream().allMatch(isSettled(now)) || Instant.now().isAfter(late));
    Map<String, String> states = stage.states();
    Chronicle now = chronicle(); // of that moment for all: who was spared may soon be due again
    showAlerts();
    stage.letGo(onGpus);
    return all.stream()
        .map(role -> judge(role, now, stateOf(role, states), !disturbed.contains(role)))
        .toList();
  }

  /** While the sleeper is warned of and still runs. */
  private void takeScreens() throws IOException, InterruptedException {
    if (screens != null) {
      Role sleeper = sleeper();
      until("somebody is warned", now -> now.last(sleeper.name(), "container.warn").isPresent());
      screens.take(sleeper.name(), sleeper.owner());
    }
  }

  private Role sleeper() {
    return onGpus.stream()
        .filter(role -> role.name().equals(GpuCast.SLEEPER))
        .findFirst()
        .orElseThrow();
  }

  /** The newest alert that the sleeper's owner could read; only where it could be written. */
  private void showAlerts() throws IOException {
    Role sleeper = sleeper();
    boolean written =
        chronicle().of(sleeper.name()).stream()
            .anyMatch(entry -> Teller.delivered(entry).contains("container_file"));
    if (written) {
      teller.scene(
          "What %s reads in /workspace/.berth-alerts of %s"
              .formatted(sleeper.owner(), sleeper.name()));
      Path scratch = home.config().resolveSibling("alerts");
      List<String> alerts = stage.read(sleeper, "/workspace/.berth-alerts", scratch);
      teller.quote(alerts.subList(alerts.lastIndexOf("") + 1, alerts.size()));
    }
  }

  private void enter(List<Role> roles) throws InterruptedException {
    CompletableFuture<Void> entered = stage.enter(roles);
    until("they are there", now -> entered.isDone());
    entered.join();
  }

  /** Tells what happens, and lets users react to it, until something is true or time is over. */
  private void until(String what, Predicate<Chronicle> condition) throws InterruptedException {
    daemon.await(
        what,
        PATIENCE,
        () -> {
          Chronicle now = chronicle();
          teller.tell(now);
          cast.forEach(role -> users.hear(role, now));
          onGpus.forEach(role -> users.hear(role, now));
          return condition.test(now);
        });
  }

  private Chronicle chronicle() {
    try {
      return home.chronicle();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean allWent(Chronicle now) {
    return cast.stream()
        .filter(role -> role.fate().endsBeforeTheRestart())
        .allMatch(role -> went(role, now));
  }

  private static boolean went(Role role, Chronicle now) {
    return now.last(role.name(), "container.remove").isPresent();
  }

  /** Two sweeps past what was announced to those that were started again since. */
  private boolean isPast(Chronicle now) {
    return cast.stream()
        .filter(role -> role.entrance() == Entrance.RESTARTED_IN_ITS_HOLD)
        .flatMap(role -> now.last(role.name(), "container.warn").stream())
        .map(warning -> Instant.parse(warning.detail("at")).plusSeconds(2))
        .allMatch(Instant.now()::isAfter);
  }

  /** Those that should be alive and are not. */
  private Set<Role> disturbed() {
    Set<Role> disturbed = new HashSet<>();
    Map<String, String> states = stage.states();
    for (Role role : cast) {
      String alive = role.entrance() == Entrance.RUNS_THEN_PAUSED ? "paused" : "running";
      if (role.fate().kind() == Kind.INTERRUPTED && !stateOf(role, states).equals(alive)) {
        disturbed.add(role);
      }
    }
    return disturbed;
  }

  private boolean allWereInterrupted(Chronicle now) {
    return cast.stream()
        .filter(role -> role.fate().kind() == Kind.INTERRUPTED)
        .allMatch(role -> Happened.isInterrupted(now.of(role.name())));
  }

  /**
   * Whether what is to become of it is so, and what is not to become of it would have been by now.
   */
  private static Predicate<Role> isSettled(Chronicle now) {
    return role -> {
      List<Entry> events = now.of(role.name());
      return switch (role.fate().kind()) {
            case STOPPED -> Happened.isInterrupted(events);
            case STUCK -> has(events, "container.stop");
            case PAUSED -> has(events, "container.pause");
            case EXEMPT -> has(events, "exemption.applied");
            case SPARED -> isPast(events, Happened::isLastWarning, "at");
            case REMOVED, GONE, KEPT, INTERRUPTED -> true;
          }
          && gpuIsSettled(role, events);
    };
  }

  private static boolean gpuIsSettled(Role role, List<Entry> events) {
    return switch (role.fate().gpu()) {
      case HELD_THEN_RELEASED -> has(events, "gpu.release");
      case HELD_THEN_OWN -> isPast(events, each -> each.type().equals("gpu.hold"), "until");
      default -> true;
    };
  }

  private static boolean has(List<Entry> events, String type) {
    return events.stream().anyMatch(each -> each.type().equals(type));
  }

  /** Whether it is two sweeps past a moment that the first such event told. */
  private static boolean isPast(List<Entry> events, Predicate<Entry> which, String detail) {
    return events.stream()
        .filter(which)
        .findFirst()
        .map(each -> Instant.parse(each.detail(detail)).plusSeconds(2))
        .filter(Instant.now()::isAfter)
        .isPresent();
  }

  private static String stateOf(Role role, Map<String, String> states) {
    return states.getOrDefault(role.name(), "gone");
  }

  private static Teller.Line judge(Role role, Chronicle now, String state, boolean undisturbed) {
    Happened happened = Happened.to(role, now, state);
    boolean owner =
        now.of(role.name()).stream()
            .allMatch(
                entry ->
                    entry.user().equals(role.owner())
                        && entry.detail("owner_source").equals(role.told()));
    Happened told =
        happened
            .unless(owner, "of another owner")
            .unless(undisturbed, "disturbed before the restart");
    boolean asExpected = told.what().equals(role.fate().word()) && told.gpu() == role.fate().gpu();
    return new Teller.Line(role, told, asExpected);
  }
}
