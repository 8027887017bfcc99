package io.berth.jobs.notify;

import io.berth.jobs.container.Container;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Says what can be done about what is to come, and what becomes of the data. */
public final class Advice {

  /** The Engine's rule for names: such a one can be pasted into a shell. */
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]*");

  private static final int MOUNTS_SHOWN = 5;

  private Advice() {}

  /** What prevents what is planned; empty where nothing is planned, or only an admin can. */
  static Optional<String> prevention(Notice notice, Notice.About about) {
    Notice.Why why = notice.why();
    boolean isComing =
        switch (notice.kind()) {
          case WARNED, WARNED_LAST, REMOVAL_ANNOUNCED -> true;
          case STOPPED, PAUSED, EXEMPT, CONFLICT, TEST -> false;
        };
    if (!isComing || why == null) {
      return Optional.empty();
    }
    String name = command(about.container());
    return switch (why.reason()) {
      case "idle_timeout" ->
          Optional.of(
              "use its GPU, or: berth keep-alive "
                  + name
                  + ", or: docker exec "
                  + name
                  + " touch "
                  + Plain.line(about.keepAliveFile()));
      case "max_runtime" ->
          Optional.of("save your work; activity does not help, an exemption by your admin does");
      case "hold_expired", "two_state" ->
          Optional.of(
              "docker start " + name + ", or fetch what you need: docker cp " + name + ":...");
      default -> Optional.empty();
    };
  }

  /**
   * The ways to keep that from happening to a container, the simplest first.
   *
   * @param reason as an event names it
   */
  public static List<String> ways(String reason, Container container, String keepAliveFile) {
    String name = command(container);
    String protection = "an admin: berth protect " + name + " --why ...";
    return switch (reason) {
      case "idle_timeout" ->
          List.of(
              "use its GPU, CPU or network, or type in its terminal",
              "berth keep-alive "
                  + name
                  + " --for 4h, or: docker exec "
                  + name
                  + " touch "
                  + Plain.line(keepAliveFile),
              protection);
      case "max_runtime" ->
          List.of(
              "save your work and start it anew: a new life has a new clock",
              "an admin: an exemption from max_runtime in lifecycle-exemptions.yaml",
              protection);
      case "hold_expired", "two_state" ->
          List.of(
              "docker start " + name,
              "fetch what you need: docker cp " + name + ":/path .",
              protection);
      case "created_never_started" -> List.of("docker start " + name, protection);
      case "gpu_conflict" ->
          List.of("stop it, and start it on a free GPU: berth gpus shows them", protection);
      default -> List.of(protection);
    };
  }

  /** How to go on after what was done. */
  static Optional<String> next(Notice notice, Notice.About about) {
    String name = command(about.container());
    return switch (notice.kind()) {
      case STOPPED ->
          about.container().autoRemove() ? Optional.empty() : Optional.of("docker start " + name);
      case PAUSED -> Optional.of("berth resume " + name);
      case WARNED, WARNED_LAST, EXEMPT, REMOVAL_ANNOUNCED, CONFLICT, TEST -> Optional.empty();
    };
  }

  /** What stays. */
  static Optional<String> safe(Notice notice, Notice.About about) {
    Notice.Plan plan = notice.plan();
    if (plan == null || notice.kind() == Notice.Kind.EXEMPT) {
      return Optional.empty();
    }
    return switch (plan.act()) {
      case STOP ->
          about.container().autoRemove()
              ? Optional.of(mounts(about.container()))
              : Optional.of(
                  "a stop only stops. Files in the container and in mounts stay. Removal comes later and"
                      + " is announced separately");
      case PAUSE ->
          Optional.of("a pause only freezes. Processes, memory, GPU memory and all files are kept");
      case REMOVE -> Optional.of(mounts(about.container()));
      case WARN -> Optional.of("nothing is done to the container");
    };
  }

  /** What is gone with what is planned or was done, or with any stop. */
  static Optional<String> lost(Notice notice, Notice.About about) {
    Notice.Plan plan = notice.plan();
    if (plan == null || notice.kind() == Notice.Kind.EXEMPT) {
      return Optional.empty();
    }
    if (plan.act() == Notice.Act.REMOVE) {
      return Optional.of("files in the container outside of mounts are gone with it");
    }
    // A pause, too, may end so: with the Engine, or by its owner.
    return about.container().autoRemove()
        ? Optional.of(
            "it was run with --rm: Docker removes it, and files in it outside of mounts, as soon as"
                + " it stops")
        : Optional.empty();
  }

  /** Anonymous volumes are removed by Docker along with a container that was run with --rm. */
  private static String mounts(Container container) {
    List<String> lasting =
        container.mounts().stream()
            .filter(mount -> isLasting(container, mount))
            .map(Container.Mount::destination)
            .toList();
    if (lasting.isEmpty()) {
      return "nothing of it: it has no mounts that outlast it";
    }
    String shown = lasting.stream().limit(MOUNTS_SHOWN).collect(Collectors.joining(", "));
    int more = lasting.size() - MOUNTS_SHOWN;
    return "what is in its mounts: "
        + Plain.line(shown)
        + (more > 0 ? " and " + more + " more" : "");
  }

  private static boolean isLasting(Container container, Container.Mount mount) {
    boolean anonymous = mount.type().equals("volume") && mount.source().matches("[0-9a-f]{64}");
    return !mount.type().equals("tmpfs") && !(anonymous && container.autoRemove());
  }

  /** The container in a command line; its id where the name is none that the Engine would take. */
  private static String command(Container container) {
    boolean sound =
        NAME.matcher(container.name()).matches() && container.name().length() <= Plain.MAX_LENGTH;
    return sound ? container.name() : Plain.line(container.shortId());
  }
}
