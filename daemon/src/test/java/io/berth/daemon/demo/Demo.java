package io.berth.daemon.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.daemon.demo.Fate.Kind;
import io.berth.daemon.demo.Role.Entrance;
import io.berth.daemon.run.Chronicle;
import io.berth.daemon.run.DaemonHome;
import io.berth.daemon.run.DaemonProcess;
import io.berth.jobs.engine.TestEngine;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

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
  private final Stage stage;
  private final DaemonHome home;
  private final DaemonProcess daemon;
  private final Teller teller;
  private final Set<Role> reacted = new HashSet<>();

  private Demo(List<Role> cast, Stage stage, DaemonHome home, DaemonProcess daemon, Teller teller) {
    this.cast = cast;
    this.stage = stage;
    this.home = home;
    this.daemon = daemon;
    this.teller = teller;
  }

  /**
   * Arguments: a folder for the daemon's files, the name of a user of this host, their uid, {@code
   * colour} or {@code plain}.
   */
  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(System.out, true, UTF_8);
    try (TestEngine engine = TestEngine.running(ENGINE)) {
      boolean well =
          play(
              engine,
              Path.of(args[0]),
              args[1],
              Long.parseLong(args[2]),
              out,
              args[3].equals("colour"));
      System.exit(well ? 0 : 1);
    }
  }

  /**
   * Plays it once.
   *
   * @param engine an own one: it is restarted
   * @return whether every fate was the expected one
   */
  static boolean play(
      TestEngine engine, Path folder, String user, long uid, PrintStream out, boolean colour)
      throws IOException, InterruptedException {
    DaemonHome home = new DaemonHome(folder, engine.host());
    home.configure(Cast.LIMITS);
    Teller teller = new Teller(out, colour, Instant.now());
    teller.scene("Berth starts, in enforce, with these limits:");
    teller.say(Cast.LIMITS.stripTrailing());
    try (DaemonProcess daemon = home.start().awaitReady()) {
      Demo demo = new Demo(Cast.of(user, uid), new Stage(engine), home, daemon, teller);
      List<Teller.Line> lines = demo.play();
      int exit = daemon.stop();
      teller.tell(home.chronicle());
      teller.summary(lines);
      return exit == 0 && lines.stream().allMatch(Teller.Line::asExpected);
    }
  }

  private List<Teller.Line> play() throws InterruptedException {
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
    return all.stream().map(role -> judge(role, !disturbed.contains(role))).toList();
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
          cast.forEach(role -> react(role, now));
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

  /** What users do when they hear that their container is to be removed. */
  private void react(Role role, Chronicle now) {
    boolean announced = now.last(role.name(), "container.warn").isPresent();
    if (role.entrance() == Entrance.RESTARTED_IN_ITS_HOLD && announced && reacted.add(role)) {
      stage.start(role);
    }
    if (role.entrance() == Entrance.REMOVED_BY_USER && announced && reacted.add(role)) {
      stage.remove(role);
    }
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
    for (Role role : cast) {
      String alive = role.entrance() == Entrance.RUNS_THEN_PAUSED ? "paused" : "running";
      if (role.fate().kind() == Kind.INTERRUPTED && !stage.stateOf(role).equals(alive)) {
        disturbed.add(role);
      }
    }
    return disturbed;
  }

  private boolean allWereInterrupted(Chronicle now) {
    return cast.stream()
        .filter(role -> role.fate().kind() == Kind.INTERRUPTED)
        .allMatch(
            role ->
                now.last(role.name(), "container.warn")
                    .filter(warning -> !warning.detail("interrupted_hold").isEmpty())
                    .isPresent());
  }

  private Teller.Line judge(Role role, boolean undisturbed) {
    Chronicle now = chronicle();
    Happened happened = Happened.to(role, now, stage.stateOf(role));
    boolean owner =
        now.of(role.name()).stream()
            .allMatch(
                entry ->
                    entry.user().equals(role.owner())
                        && entry.detail("owner_source").equals(role.told()));
    String what = owner ? happened.what() : happened.what() + ", of another owner";
    String told = undisturbed ? what : what + ", disturbed before the restart";
    return new Teller.Line(role, told, happened.after(), told.equals(role.fate().word()));
  }
}
