package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.container.Containers;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.policies.Durations;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * DESIGN section 8, numbers 2, 5 and 12, whatever people do and whichever book comes: every few
 * steps all limits, groups, overrides, types, exemptions, warnings, actions and modes are others.
 */
class RandomBooksTest {

  private static final int SEEDS = 10;
  private static final int STEPS = 120;
  private static final List<JobName> JOBS =
      List.of(JobName.IDLE_STOP, JobName.MAX_RUNTIME, JobName.STALE_CLEANUP);

  @TempDir Path folder;

  @Test
  void nobody_is_stopped_or_removed_who_was_not_told_in_time() {
    Map<String, Integer> acts = new HashMap<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      try (Run run = new Run(folder.resolve("seed" + seed), seed)) {
        for (int step = 0; step < STEPS; step++) {
          run.step(acts);
        }
      }
    }
    assertThat(acts).as("what was done at all").containsKeys("idle_timeout", "max_runtime");
    assertThat(acts.values()).allMatch(count -> count >= SEEDS / 4, acts.toString());
    assertThat(acts).containsKeys("hold_expired", "container.warn", "exemption.applied");
  }

  /** What its owner was told of a stop, with what the book of that moment promised by it. */
  private record Told(Instant at, Instant announced, Duration notice) {}

  /** One container, as its owner knows it. */
  private static final class Watched {
    final String name;
    final String owner;
    final Map<String, List<Told>> told = new HashMap<>();
    final Map<String, Instant> removals = new HashMap<>();
    Instant idleSince = Instant.MAX;
    Instant livesSince;
    Instant runsSince;

    Watched(String name, String owner, Instant now) {
      this.name = name;
      this.owner = owner;
      this.livesSince = now;
      this.runsSince = now;
    }
  }

  /** One seed. */
  private static final class Run implements AutoCloseable {

    private final Random random;
    private final int seed;
    private final World world;
    private final List<Watched> all = new ArrayList<>();
    private final Map<JobName, Instant> enforcing = new HashMap<>();
    private String exempt = "";
    private boolean disabled;
    private long seq;

    Run(Path folder, int seed) {
      this.random = new Random(seed);
      this.seed = seed;
      this.world = new World(io(folder), World.ENFORCE);
      for (String owner : List.of("ada", "ben", "eva")) {
        String name = owner + "s";
        Containers container = Containers.running(name).owner(owner).gpu("" + all.size());
        world.engine.run(random.nextInt(4) == 0 ? container.autoRemove() : container);
        all.add(new Watched(name, owner, world.now()));
      }
      reload();
    }

    private static Path io(Path folder) {
      assertThat(folder.toFile().mkdirs()).isTrue();
      return folder;
    }

    void step(Map<String, Integer> acts) {
      world.pass(Duration.ofSeconds(20 + random.nextInt(600)));
      happen();
      all.forEach(this::happenTo);
      for (JobName job : JOBS) {
        world.sweep(job);
        if (modeOf(job) == Mode.ENFORCE) {
          enforcing.putIfAbsent(job, world.now());
        } else {
          enforcing.remove(job);
        }
        check(acts);
      }
    }

    private Mode modeOf(JobName job) {
      boolean observes =
          disabled
              || world.book().safety().mode() == Mode.OBSERVE
              || world.book().safety().observeJobs().contains(job);
      return observes ? Mode.OBSERVE : Mode.ENFORCE;
    }

    private void happen() {
      switch (random.nextInt(24)) {
        case 0, 1 -> reload();
        case 4 -> world.restart();
        case 2, 3, 5 -> {
          disabled = !disabled && random.nextBoolean();
          world.disable(disabled);
        }
        case 6 -> jump(Duration.ofMinutes(3 + random.nextInt(2000)));
        case 7 -> jump(Duration.ofMinutes(-3 - random.nextInt(2000)));
        default -> {}
      }
    }

    /** Times that are to come move along, and what was measured says nothing. */
    private void jump(Duration by) {
      world.clockJumps(by);
      world.sweep(JobName.RECONCILE);
      for (Watched each : all) {
        each.told.values().forEach(told -> told.replaceAll(one -> moved(one, by)));
        each.removals.replaceAll((reason, at) -> at.plus(by));
        each.livesSince = each.livesSince.plus(by);
        each.runsSince = each.runsSince.plus(by);
        each.idleSince = Instant.MAX;
      }
      enforcing.replaceAll((job, since) -> since.plus(by));
    }

    private static Told moved(Told told, Duration by) {
      return new Told(told.at.plus(by), told.announced.plus(by), told.notice);
    }

    private void happenTo(Watched each) {
      State state = world.engine.isThere(each.name) ? world.engine.get(each.name).state() : null;
      if (state == null) {
        return;
      }
      switch (random.nextInt(50)) {
        case 0, 1 -> {
          world.pulse.active(each.name);
          each.idleSince = Instant.MAX;
        }
        case 2 -> {
          world.pulse.unknown(each.name);
          each.idleSince = Instant.MAX;
        }
        case 3 -> {
          if (state == State.RUNNING) {
            world.engine.restarts(each.name);
          }
        }
        case 4, 5 -> changeState(each, state);
        default -> {
          if (each.idleSince.equals(Instant.MAX) && state == State.RUNNING) {
            each.idleSince = world.now();
            world.pulse.idleSince(each.name, each.idleSince);
          }
        }
      }
    }

    private void changeState(Watched each, State state) {
      switch (state) {
        case RUNNING -> {
          if (random.nextBoolean()) {
            world.engine.paused(each.name);
          } else {
            world.engine.exits(each.name, random.nextInt(2));
          }
        }
        case PAUSED -> {
          world.engine.resumed(each.name);
          each.runsSince = world.now();
        }
        default -> {
          world.engine.start(each.name);
          each.livesSince = world.now();
          each.runsSince = world.now();
          each.told.clear();
          each.removals.clear();
        }
      }
      world.pulse.active(each.name);
      each.idleSince = Instant.MAX;
    }

    // --- books

    private void reload() {
      String book =
          """
          safety:
            mode: %s
            jobs: %s
            startup_grace: 0s
            boot_grace: 0s
            breaker_share: 1
            max_stops_per_sweep: %d
          policies:
            idle_warnings: %s
            runtime_warnings: %s
            high_demand_threshold: %s
            high_demand_idle_reduction: %s
            auto_remove_action: %s
          defaults: %s
          groups:
            lab: {members: [%s], %s
          user_overrides: {eva: %s}
          container_types: {docker: %s}
          """
              .formatted(
                  random.nextInt(6) == 0 ? "observe" : "enforce",
                  random.nextInt(8) == 0 ? "{idle-stop: observe}" : "{}",
                  1 + random.nextInt(3),
                  shares(),
                  shares(),
                  one("0.1", "0.8", "1.0"),
                  one("0.2", "0.5", "1.0"),
                  one("pause", "warn", "stop"),
                  limits(),
                  one("ada", "ben", "ada, ben", ""),
                  limits().substring(1),
                  limits(),
                  limits());
      exempt = random.nextInt(3) == 0 ? one("ada", "ben", "eva") : "";
      if (exempt.isEmpty()) {
        world.book(book);
      } else {
        String limit = one("idle_timeout", "max_runtime");
        world.bookWithExemption(book, exempt, limit);
        exempt += " " + limit;
      }
    }

    private String limits() {
      List<String> limits = new ArrayList<>();
      add(limits, "idle_timeout", one("never", "0", minutes(3, 40), minutes(3, 40)));
      add(limits, "idle_action", one("stop", "stop", "pause", "warn"));
      add(limits, "max_runtime", one("never", minutes(20, 90), minutes(60, 400)));
      add(limits, "container_hold_after_stop", one("never", "0s", minutes(5, 300)));
      add(limits, "interrupted_hold", one("0s", minutes(5, 300)));
      add(limits, "gpu_hold_after_stop", one("0s", minutes(1, 60)));
      return "{" + String.join(", ", limits) + "}";
    }

    private void add(List<String> limits, String key, String value) {
      if (random.nextInt(3) > 0) {
        limits.add(key + ": " + value);
      }
    }

    private String minutes(int least, int most) {
      return least + random.nextInt(most - least) + "m";
    }

    private String shares() {
      return IntStream.range(0, 1 + random.nextInt(3))
          .mapToObj(i -> "" + (1 + 3 * i + random.nextInt(3)) / 10.0)
          .toList()
          .toString();
    }

    private String one(String... of) {
      return of[random.nextInt(of.length)];
    }

    // --- what has to hold

    private void check(Map<String, Integer> acts) {
      long from = seq;
      for (JournalEntry entry : world.ledger().read(tables -> tables.eventsAfter(from, 1000))) {
        seq = entry.seq();
        JsonNode event = World.json(entry);
        JsonNode details = event.path("details");
        for (Watched each : all) {
          if (details.path("container").asText().equals(each.name)) {
            check(each, event, details, acts);
          }
        }
      }
    }

    private void check(Watched each, JsonNode event, JsonNode details, Map<String, Integer> acts) {
      String type = event.path("event_type").asText();
      String reason = details.path("reason").asText();
      boolean done = details.path("outcome").asText().equals("done");
      boolean isOurs = details.path("by").asText().equals("berth");
      String as = "seed %d: %s".formatted(seed, event);
      if (done && type.equals("container.warn")) {
        warned(each, reason, details, as);
        acts.merge(type, 1, Integer::sum);
      } else if (type.equals("exemption.applied")) {
        assertThat(exempt).as(as).isEqualTo(each.owner + " " + reason);
        acts.merge(type, 1, Integer::sum);
      } else if (done && isOurs && type.equals("container.remove")) {
        Instant announced = each.removals.getOrDefault(reason, world.now()); // none: a hold of 0
        assertThat(world.now()).as(as).isAfterOrEqualTo(announced);
        acts.merge(reason, 1, Integer::sum);
      } else if (done && isOurs && List.of("container.stop", "container.pause").contains(type)) {
        stopped(each, reason, as);
        acts.merge(reason, 1, Integer::sum);
      }
    }

    private void warned(Watched each, String reason, JsonNode details, String as) {
      Instant announced = Instant.parse(details.path("at").asText());
      if (details.path("action").asText().equals("remove")) {
        assertThat(announced)
            .as(as)
            .isAfterOrEqualTo(each.removals.getOrDefault(reason, announced));
        each.removals.put(reason, announced);
        return;
      }
      boolean isIdle = reason.equals("idle_timeout");
      List<Double> shares =
          isIdle
              ? world.book().policies().idleWarnings()
              : world.book().policies().runtimeWarnings();
      String limit = details.path("idle_timeout_in_demand").asText(details.path(reason).asText());
      Duration notice =
          Duration.ofMillis((long) ((1 - shares.get(0)) * Durations.parse(limit).toMillis()));
      List<Told> told = each.told.computeIfAbsent(reason, key -> new ArrayList<>());
      for (Told earlier : told) {
        assertThat(announced).as(as).isAfterOrEqualTo(earlier.announced);
      }
      told.add(new Told(world.now(), announced, notice));
    }

    private void stopped(Watched each, String reason, String as) {
      boolean isIdle = reason.equals("idle_timeout");
      JobName job = isIdle ? JobName.IDLE_STOP : JobName.MAX_RUNTIME;
      assertThat(modeOf(job)).as(as).isEqualTo(Mode.ENFORCE);
      assertThat(exempt).as(as).isNotEqualTo(each.owner + " " + reason);
      Instant since = isIdle ? each.idleSince : each.livesSince;
      assertThat(since).as(as + ": idle at all").isBefore(world.now());
      List<Told> told = each.told.getOrDefault(reason, List.of());
      assertThat(told).as(as).allMatch(one -> !world.now().isBefore(one.announced));
      Instant from = later(later(since, each.runsSince), enforcing.getOrDefault(job, Instant.MAX));
      assertThat(told)
          .as(as + ": told since " + from + ", and early enough")
          .anyMatch(
              one ->
                  !one.at.isBefore(from)
                      && Duration.between(one.at, world.now()).compareTo(one.notice) >= 0);
    }

    private static Instant later(Instant one, Instant other) {
      return one.isAfter(other) ? one : other;
    }

    @Override
    public void close() {
      world.close();
    }
  }
}
