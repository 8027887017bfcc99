package io.berth.daemon;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.berth.jobs.container.Container;
import io.berth.jobs.engine.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Others on this host who stop or remove containers: cron lines, timers of systemd, and containers
 * made for it. Two janitors fight, so the admin is told of them at the start. What is found is a
 * hint: a script that a cron line calls is not read.
 */
final class Janitors {

  private static final Logger log = LoggerFactory.getLogger(Janitors.class);

  private static final List<String> CRON =
      List.of(
          "etc/crontab",
          "etc/anacrontab",
          "etc/cron.d",
          "etc/cron.hourly",
          "etc/cron.daily",
          "etc/cron.weekly",
          "etc/cron.monthly",
          "var/spool/cron", // as on Fedora; Debian's are one folder down
          "var/spool/cron/crontabs");

  private static final String TIMERS = "etc/systemd/system/timers.target.wants";

  /** Commands that end containers, and the scripts of ds01 that do. */
  private static final Pattern ENDS_CONTAINERS =
      Pattern.compile(
          "^(?!\\s*#).*(\\bdocker\\b[^|;&]*\\s(prune|rm|stop|kill|down)\\b"
              + "|\\b(check-idle-containers|enforce-max-runtime|cleanup-stale-)).*");

  private static final Pattern KNOWN_NAME =
      Pattern.compile("(^|.*[-_.])(watchtower|autoheal|docker-gc|ouroboros)([-_.].*|$)");

  /** On the image of Watchtower itself, whatever its container is called. */
  private static final String WATCHTOWER = "com.centurylinklabs.watchtower";

  private final Path root;

  /**
   * @param root {@code /}
   */
  Janitors(Path root) {
    this.root = root;
  }

  /** Each as its place: {@code FILE:LINE}, a timer, or {@code container NAME}; sorted. */
  List<String> find(List<Engine.Summary> containers) {
    Stream<String> cron =
        CRON.stream().map(root::resolve).flatMap(Janitors::filesOf).flatMap(Janitors::linesOf);
    Stream<String> timers =
        filesOf(root.resolve(TIMERS))
            .filter(timer -> linesOf(serviceOf(timer)).findAny().isPresent())
            .map(Path::toString);
    Stream<String> others =
        containers.stream().filter(Janitors::isOne).map(each -> "container " + each.name());
    return Stream.of(cron, timers, others).flatMap(each -> each).sorted().toList();
  }

  private static boolean isOne(Engine.Summary container) {
    return container.state() == Container.State.RUNNING
        && (KNOWN_NAME.matcher(container.name()).matches()
            || KNOWN_NAME.matcher(repository(container.image())).matches()
            || "true".equals(container.labels().get(WATCHTOWER)));
  }

  /** The last part of an image's name, without tag and digest: {@code autoheal}. */
  private static String repository(String image) {
    return image.substring(image.lastIndexOf('/') + 1).replaceFirst("[@:].*", "");
  }

  /** The file itself, or those in the folder; none where there is nothing. */
  private static Stream<Path> filesOf(Path place) {
    if (!Files.isDirectory(place)) {
      return Stream.of(place).filter(Files::isRegularFile);
    }
    try (Stream<Path> files = Files.list(place)) {
      return files.filter(Files::isRegularFile).toList().stream();
    } catch (IOException e) {
      log.warn("{} can't be searched for other janitors: {}", place, e.toString());
      return Stream.empty();
    }
  }

  private static Stream<String> linesOf(Path file) {
    if (!Files.isRegularFile(file)) {
      return Stream.empty();
    }
    try {
      List<String> lines = Files.readAllLines(file, ISO_8859_1);
      return IntStream.range(0, lines.size())
          .filter(at -> ENDS_CONTAINERS.matcher(lines.get(at)).matches())
          .mapToObj(at -> file + ":" + (at + 1));
    } catch (IOException e) {
      log.warn("{} can't be searched for other janitors: {}", file, e.toString());
      return Stream.empty();
    }
  }

  /** The service that it names, or of the same name; beside the timer that the link leads to. */
  private static Path serviceOf(Path timer) {
    String service = timer.getFileName().toString().replaceFirst("\\.timer$", ".service");
    try (Stream<String> lines = Files.lines(timer, ISO_8859_1)) {
      Optional<String> named =
          lines.filter(line -> line.startsWith("Unit=")).map(line -> line.substring(5)).findFirst();
      return timer.toRealPath().resolveSibling(named.map(String::strip).orElse(service));
    } catch (IOException e) {
      return timer.resolveSibling(service); // a link to nowhere: nothing runs
    }
  }
}
