package io.berth.daemon.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.berth.daemon.cli.BerthCli;
import io.berth.jobs.activity.Measure;
import io.berth.jobs.activity.Sample;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.container.Containers;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.LedgerReader;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The berth command as whoever runs the daemon uses it, through the socket. */
class CommandsTest {

  @TempDir private Path folder;
  private Harbour harbour;

  /** What a command came to. */
  private record Ran(int exit, String out, String err) {

    JsonNode json() throws IOException {
      return new ObjectMapper().readTree(out);
    }
  }

  @BeforeEach
  void open() throws IOException {
    harbour = new Harbour(folder.resolve("run"), Harbour.QUIET, 4);
    Instant now = Instant.now();
    harbour
        .engine()
        .has(Containers.running("train").owner("ada").gpu("GPU-0").createdAt(now).startedAt(now));
    harbour.engine().has(Containers.created("litter").owner("bob").createdAt(now));
    harbour.look();
  }

  @AfterEach
  void close() {
    harbour.close();
  }

  private Ran run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    List<String> all = new ArrayList<>(List.of("--socket", harbour.socket().toString()));
    Collections.addAll(all, args);
    int exit =
        new BerthCli(options -> 99, new PrintWriter(out, true), new PrintWriter(err, true))
            .run(all.toArray(String[]::new));
    return new Ran(exit, out.toString(), err.toString());
  }

  private Ran line(String line) {
    return run(line.split(" ", -1));
  }

  @Test
  void status_is_one_screen() {
    Ran ran = line("status");

    assertThat(ran.exit()).isZero();
    assertThat(ran.out()).contains("enforce", "health      ok", "2: 1 created, 1 running");
    assertThat(ran.out()).contains("remove", "litter", "bob", "in 29 min");
    assertThat(ran.out().lines().count()).isLessThan(25);
  }

  @Test
  void status_says_where_idle_detection_can_not_work() throws IOException {
    assertThat(line("status").out()).doesNotContain("not seen");
    harbour.blindSpots = List.of("the GPUs can't be read", "set gpu.dcgm_exporter");

    assertThat(line("status").out())
        .contains("not seen    the GPUs can't be read", "not seen    set gpu.dcgm_exporter");
    assertThat(line("-o json status").json().path("blind_spots"))
        .extracting(JsonNode::asText)
        .isEqualTo(harbour.blindSpots);
  }

  @Test
  void ps_says_who_told_the_owner_and_what_comes_next() {
    assertThat(line("ps").out().lines())
        .hasSize(3)
        .anyMatch(
            row ->
                row.matches("train +ada +label:ds01.user +docker +running +GPU-0 +stop in 2[34] h"))
        .anyMatch(
            row ->
                row.matches("litter +bob +label:ds01.user +docker +created +- +remove in 29 min"));
    assertThat(line("ps --owner bob").out()).contains("litter").doesNotContain("train");
    assertThat(line("ps --state running").out()).contains("train").doesNotContain("litter");
    assertThat(line("ps --type compose").out().lines()).hasSize(1);
    Ran misspelt = line("ps --state runing");
    assertThat(misspelt.exit()).isEqualTo(2);
    assertThat(misspelt.err()).contains("'runing' is none of created, running");
    assertThat(line("ps --type compoze").err()).contains("none of", "compose");
  }

  @Test
  void ps_has_no_time_for_what_is_paused_until_it_runs_again() {
    line("pause train");
    assertThat(line("ps").out()).containsPattern("(?m)^train .* paused +GPU-0 +- *$");

    line("resume train");
    assertThat(line("ps").out()).containsPattern("(?m)^train .* running +GPU-0 +stop in 2[34] h");
  }

  @Test
  void ps_has_a_time_for_what_is_only_warned_of_until_it_is_past() throws IOException {
    harbour.engine().has(Containers.running("fleeting").autoRemove().gpu("GPU-1"));
    reload("max_runtime: 1h");
    line("sweep max-runtime");
    assertThat(line("ps").out()).containsPattern("(?m)^fleeting .* warn in \\d+ min *$");

    reload("max_runtime: 100ms");
    line("sweep max-runtime");
    await()
        .untilAsserted(
            () -> assertThat(line("ps").out()).containsPattern("(?m)^fleeting .* GPU-1 +- *$"));
  }

  private void reload(String limit) throws IOException {
    String book = Harbour.QUIET + "policies: {auto_remove_action: warn}\ndefaults: {%s}\n";
    Files.writeString(harbour.config(), book.formatted(limit));
    assertThat(line("reload").exit()).isZero();
  }

  @Test
  void ps_has_no_time_for_what_its_owner_is_exempt_from() throws IOException {
    Files.writeString(
        harbour.config().resolveSibling("lifecycle-exemptions.yaml"),
        """
        exemptions:
          - {username: ada, exempt_from: [idle_timeout, max_runtime], expires_on: null, reason: thesis}
        """);
    assertThat(line("reload").exit()).isZero();

    assertThat(line("ps").out().lines())
        .anyMatch(row -> row.matches("train +ada +label:ds01.user +docker +running +GPU-0 +-\\s*"));
    assertThat(
            line("ps -o json --owner ada").json().path("containers").path(0).path("next").isNull())
        .isTrue();
    assertThat(line("explain train").out()).contains("exempt").doesNotContain("to prevent");
  }

  @Test
  void json_has_exact_times() throws IOException {
    JsonNode litter = line("ps -o json --owner bob").json().path("containers").path(0);

    assertThat(Instant.parse(litter.path("next").path("at").asText())).isAfter(Instant.now());
    assertThat(litter.path("next").path("rule").asText()).isEqualTo("created");
    assertThat(litter.path("id").asText()).hasSize(64);
  }

  @Test
  void gpus_come_from_the_daemon() {
    assertThat(line("gpus").out()).contains("GPU-0", "train", "ada", "GPU-3");
    assertThat(line("gpus").out()).containsPattern("active +train +ada +(now|[0-9]+ s ago) +- ");
    assertThat(line("gpus").err()).isEmpty();
    assertThat(line("gpus -o json").out()).contains("\"00000000:3B:00.0\"");
  }

  @Test
  void limits_say_where_they_are_written() {
    Ran ran = line("limits ada");

    assertThat(ran.out()).contains("1.00 of 1 GPUs, in 1 of 3 containers", "idle_timeout");
    assertThat(ran.out()).contains("built-in", "train");
    assertThat(ran.out()).contains("1.00 of 4.00 GPUs of this host are taken: not high");
  }

  @Test
  void limits_say_when_demand_is_high_and_when_an_exemption_ends() throws IOException {
    Files.writeString(harbour.config(), Harbour.QUIET + "policies: {high_demand_threshold: 0.2}\n");
    Instant end = Instant.now().plusSeconds(10 * 24 * 3600);
    Files.writeString(
        harbour.config().resolveSibling("lifecycle-exemptions.yaml"),
        """
        exemptions:
          - {username: ada, exempt_from: [idle_timeout], expires_on: %s, reason: thesis}
          - {username: ada, exempt_from: [max_runtime], expires_on: 2026-01-01T00:00:00Z, reason: old}
        """
            .formatted(end));
    assertThat(line("reload").exit()).isZero();
    assertThat(line("sweep idle-stop").exit()).isZero();

    assertThat(line("limits ada").out())
        .contains("are taken: high, idle containers are stopped sooner")
        .containsPattern("exempt +idle_timeout, ends in 9 d \\(20.*Z\\): thesis")
        .containsPattern("exempt +max_runtime, ended [0-9]+ d ago \\(2026-01-01T00:00:00Z\\): old");
    assertThat(line("limits ada -o json").json().path("demand").path("high").asBoolean()).isTrue();
  }

  @Test
  void events_are_filtered() {
    assertThat(line("events --container train --type container.create").exit()).isZero();
    assertThat(line("events --type gpu.allocate").out()).contains("gpu.allocate", "ada", "train");
    assertThat(line("events --since 1h --user bob").out()).doesNotContain("train");
    assertThat(line("events --since soon").exit()).isEqualTo(2);
  }

  @Test
  void a_grant_is_lines_for_a_shell_and_a_refusal_is_3_or_4() {
    Ran granted = line("allocate --user cleo --container next");
    assertThat(granted.exit()).isZero();
    assertThat(granted.out()).isEqualTo("DOCKER_ID=GPU-1\nGPU_SLOTS=1\nGPU_EQUIV=1.0\n");
    assertThat(line("allocate --user cleo --container next").out()).isEqualTo(granted.out());

    assertThat(line("allocate --user cleo --container more").exit()).isEqualTo(3);
    Ran taken = line("allocate --user dan --container d --device GPU-1");
    assertThat(taken.exit()).isEqualTo(4);
    assertThat(taken.err()).contains("next of cleo has GPU-1 (reserved)").doesNotContain("GPU-0");
    assertThat(line("allocate --user dan --container d --device GPU-9").err())
        .contains("no GPU GPU-9 is known; see berth gpus");
    assertThat(line("release train").exit()).isEqualTo(3);
    assertThat(line("release next").exit()).isZero();
  }

  @Test
  void nothing_is_granted_before_the_first_look_and_that_is_no_lack_of_gpus() throws IOException {
    harbour.close();
    QuietEngine engine = new QuietEngine();
    engine.goesDown();
    harbour = new Harbour(folder.resolve("new"), Harbour.QUIET, 1, (user, who) -> Map.of(), engine);

    Ran early = line("allocate --user cleo --container next");
    assertThat(early.exit()).isEqualTo(1);
    assertThat(early.err()).contains("has not looked at the GPUs and containers yet: try again");
    assertThat(harbour.eventTypes()).doesNotContain("gpu.reject");

    engine.comesUp();
    harbour.look();
    assertThat(line("allocate --user cleo --container next").exit()).isZero();
  }

  @Test
  void where_no_gpu_is_known_a_request_for_one_is_told_so() throws IOException {
    harbour.close();
    harbour = new Harbour(folder.resolve("none"), Harbour.QUIET, 0);

    Ran ran = line("allocate --user cleo --container next");

    assertThat(ran.exit()).isEqualTo(4);
    assertThat(ran.err()).contains("no GPU of this host is known; see berth status");
  }

  @Test
  void a_container_is_paused_resumed_and_waited_for() {
    assertThat(line("pause train").out()).isEqualTo("train is paused\n");
    assertThat(harbour.engine().stateOf("train")).isEqualTo(State.PAUSED);
    harbour.look();
    assertThat(line("ps").out()).containsPattern("train .* paused +GPU-0 +-\\s");
    Ran paused = line("wait train --timeout 1s");
    assertThat(paused.exit()).isEqualTo(1);
    assertThat(paused.err()).contains("train is paused");
    assertThat(line("resume train").exit()).isZero();
    assertThat(line("wait train").out()).isEqualTo("train is running\n");
    assertThat(line("wait litter --timeout 0s").exit()).isEqualTo(1);
    assertThat(line("pause litter").exit()).isEqualTo(3);
    assertThat(line("pause absent").exit()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "exited, running, 0, train is running",
    "paused, running, 0, train is running",
    "exited, exited, 1, train is exited",
    "exited, dead, 1, train is dead",
    "dead, , 1, train was removed",
    "running, exited, 1, train is exited",
    "running, paused, 1, train is paused",
    "running, , 1, train was removed",
  })
  void who_waits_is_told_of_what_is_and_not_of_what_was(
      String before, @Nullable String now, int exit, String words) {
    trainIs(before);
    harbour.look();
    if (now == null) {
      harbour.engine().remove(Containers.idOf("train"));
    } else {
      trainIs(now);
    }

    Ran ran = line("wait train --timeout 60s");

    assertThat(ran.exit()).isEqualTo(exit);
    assertThat(ran.out() + ran.err()).contains(words);
  }

  @Test
  void nobody_is_told_that_it_runs_while_the_engine_is_down() {
    harbour.engine().goesDown();

    Ran ran = line("wait train --timeout 0s");

    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("the Docker Engine does not answer");
    assertThat(ran.out()).isEmpty();
  }

  @Test
  void nobody_is_told_that_it_runs_while_its_inspect_fails() {
    trainIs("exited");
    harbour.engine().isSilentOf("train");

    Ran ran = line("wait train --timeout 0s");

    assertThat(ran.exit()).isEqualTo(1);
    assertThat(ran.err()).contains("what is now can't be told: no answer of");
    assertThat(ran.out()).isEmpty();
    assertThat(line("wait litter --timeout 0s").err()).contains("litter is");
  }

  @Test
  void an_engine_that_comes_back_in_time_is_waited_for() throws Exception {
    harbour.engine().goesDown();
    AtomicReference<@Nullable Ran> ran = new AtomicReference<>();
    Thread waiting = new Thread(() -> ran.set(line("wait train --timeout 60s")));
    waiting.start();
    awaitAsleep(waiting);

    harbour.engine().comesUp();

    waiting.join(30_000);
    assertThat(ran.get()).isNotNull();
    assertThat(Objects.requireNonNull(ran.get()).out()).isEqualTo("train is running\n");
  }

  private static void awaitAsleep(Thread thread) {
    await()
        .until(
            () ->
                Arrays.stream(thread.getStackTrace())
                    .anyMatch(frame -> frame.getMethodName().equals("sleep")));
  }

  private void trainIs(String state) {
    Instant now = Instant.now();
    harbour
        .engine()
        .has(
            Containers.running("train")
                .owner("ada")
                .state(State.valueOf(state.toUpperCase(Locale.ROOT)))
                .createdAt(now)
                .startedAt(now)
                .finishedAt(now));
  }

  @Test
  void a_removal_is_not_waited_for_any_longer() throws Exception {
    AtomicReference<@Nullable Ran> ran = new AtomicReference<>();
    Thread waiting = new Thread(() -> ran.set(line("wait litter --timeout 60s")));
    waiting.start();
    awaitAsleep(waiting);

    harbour.engine().remove(Containers.idOf("litter"));
    harbour.look();

    waiting.join(30_000);
    assertThat(ran.get()).isNotNull();
    assertThat(Objects.requireNonNull(ran.get()).err()).contains("litter was removed");
  }

  @Test
  void a_keep_alive_is_cut_to_what_is_allowed_and_kept() {
    assertThat(line("ping train").out()).contains("counts as used");
    assertThat(line("keep-alive train --for 100d").out())
        .containsPattern(
            "is kept alive, ends in 24 h \\(20.*Z\\): policies.keepalive_max_duration allows no more");
    assertThat(line("keep-alive train --for 24h").out()).doesNotContain("no more");

    assertThat(harbour.requests().keepAlives().values())
        .singleElement()
        .satisfies(
            alive ->
                assertThat(alive.until())
                    .isBetween(Instant.now(), Instant.now().plusSeconds(24 * 3600 + 60)));
  }

  @Test
  void a_protected_container_says_so_and_stays() {
    assertThat(run("protect", "litter", "--for", "7d", "--why", "the demo of Friday").out())
        .containsPattern("litter is protected, ends in 7 d \\(20.*Z\\)");
    harbour.look();
    assertThat(line("ps").out()).contains("protected");
    assertThat(harbour.requests().isProtected(Containers.idOf("litter"))).isTrue();
    assertThat(line("unprotect litter").exit()).isZero();
    assertThat(line("protect litter").exit()).isEqualTo(2);
    assertThat(line("protect litter --for 0s --why x").exit()).isEqualTo(2);
  }

  @Test
  void the_mode_is_set_and_given_back_to_the_configuration() {
    assertThat(line("mode observe").out()).isEqualTo("observe is in force\n");
    assertThat(harbour.modes().inForce(harbour.book())).isEqualTo(Mode.OBSERVE);
    assertThat(line("ps").out()).contains("would remove");
    assertThat(line("status").out()).contains("would remove", "would stop");
    assertThat(line("mode config").out()).isEqualTo("enforce is in force\n");
    assertThat(harbour.eventTypes().stream().filter("daemon.mode"::equals)).hasSizeGreaterThan(1);
  }

  @Test
  void a_reload_prints_what_changed_or_what_is_wrong() throws IOException {
    Files.writeString(harbour.config(), Harbour.QUIET + "defaults: {max_runtime: 2h}\n");
    Ran tried = line("reload --dry-run");
    Ran done = line("reload");
    assertThat(tried.out()).contains("it was not loaded");
    assertThat(done.out()).contains("it is in force");
    for (Ran each : List.of(tried, done)) {
      assertThat(each.out()).containsPattern("max_runtime +1d +2h +ada,bob,unknown +all");
      assertThat(each.out())
          .containsPattern("train +ada +max-runtime +stop in 2[34] h +stop in 1(19|20) min");
    }
    assertThat(line("reload").out())
        .contains("no limit of anybody changes", "no container gets another time");

    Files.writeString(harbour.config(), "defalts: {}\n");
    for (String command : List.of("reload", "reload --dry-run")) {
      Ran refused = line(command);
      assertThat(refused.exit()).isEqualTo(78);
      assertThat(refused.out()).contains(":1:1: ", "defaults");
    }
  }

  @Test
  void a_dry_run_loads_nothing() throws IOException {
    Files.writeString(harbour.config(), Harbour.QUIET + "defaults: {max_runtime: 2h}\n");
    JsonNode before = line("-o json limits ada").json().path("limits");

    JsonNode answer = line("reload --dry-run -o json").json();

    assertThat(answer.path("accepted").asBoolean()).isTrue();
    assertThat(answer.path("loaded").asBoolean(true)).isFalse();
    assertThat(line("-o json limits ada").json().path("limits")).isEqualTo(before);
  }

  @Test
  void a_file_is_held_against_what_runs_with_the_files_beside_it() throws IOException {
    Path other = Files.createDirectories(folder.resolve("other/groups")).resolveSibling("c.yaml");
    Files.writeString(
        other, Harbour.QUIET + "groups: {lab: {max_runtime: 3h}}\n" + "# padding\n".repeat(20_000));
    Files.writeString(other.resolveSibling("groups/lab.members"), "ada\n");

    Ran ran = run("check-config", "--against", "running", other.toString());

    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.out()).contains("it was not loaded");
    assertThat(ran.out()).containsPattern("max_runtime +1d +3h +ada +");
    assertThat(ran.out()).containsPattern("train +ada +max-runtime +stop in 2[34] h +stop in 2 h");
    assertThat(line("limits ada").out()).contains("1d").doesNotContain("3h");
    JsonNode json = run("check-config", "-o", "json", "--against", "running", "" + other).json();
    assertThat(json.path("against").path("times")).hasSize(1);
  }

  @Test
  void a_file_with_an_error_is_78_before_anybody_is_asked() throws IOException {
    Path other = Files.writeString(folder.resolve("c.yaml"), "defalts: {}\n");
    harbour.close();

    Ran ran = run("check-config", "--against", "running", other.toString());

    assertThat(ran.exit()).isEqualTo(78);
    assertThat(ran.out()).contains(":1:1: ");
    Files.writeString(other, Harbour.QUIET);
    assertThat(run("check-config", "--against", "running", other.toString()).exit()).isEqualTo(5);
  }

  @Test
  void a_rush_is_told_before_it_comes() throws IOException {
    Instant now = Instant.now();
    for (int i = 0; i < 12; i++) {
      String name = "many" + i;
      harbour
          .engine()
          .has(Containers.running(name).owner("eve").gpu("0").createdAt(now).startedAt(now));
    }
    harbour.look();
    Files.writeString(
        harbour.config(),
        Harbour.QUIET.replace("breaker_share: 1", "breaker_share: 0.5")
            + "defaults: {max_runtime: 2h}\n");

    Ran ran = line("reload --dry-run");

    assertThat(ran.out())
        .containsPattern("within ten minutes: 13 stops, 0 removals; the breaker would trip");
  }

  @Test
  void a_plan_says_what_the_caps_would_leave_for_later() throws IOException {
    Files.writeString(
        harbour.config(),
        Harbour.QUIET.replace("breaker_share: 1", "breaker_share: 1, max_removals_per_sweep: 1"));
    assertThat(line("reload").exit()).isZero();
    for (int i = 0; i < 3; i++) {
      harbour.engine().has(Containers.created("more" + i).owner("bob").createdAt(Instant.now()));
    }
    harbour.look();

    assertThat(line("plan --at +40m").out())
        .containsPattern(
            "within ten minutes: 0 stops, 4 removals; left for later sweeps: 3 by max_removals_per");
    JsonNode rushes = line("plan --at +40m -o json").json().path("rushes");
    assertThat(rushes.findValue("held_back").toString())
        .isEqualTo("{\"max_removals_per_sweep\":3}");
  }

  @Test
  void a_switch_to_enforce_is_planned_with_earliest_times_by_owner_and_group() {
    line("mode observe");

    Ran ran = line("plan --enforce");

    assertThat(ran.out()).containsPattern("in (29|30) min +created-cleanup +remove +litter +bob");
    assertThat(ran.out()).containsPattern("in (23|24) h +max-runtime +stop +train +ada");
    assertThat(ran.out()).contains("by owner: ada 1, bob 1", "by group: none 2", "earliest");
    assertThat(ran.out())
        .containsPattern("WARNED +JOB +OF +CONTAINER +OWNER")
        .containsPattern("in (17|18) h +max-runtime +stop in (23|24) h +train +ada");
  }

  @Test
  void ends_of_holds_and_reservations_are_in_the_plan_in_order_and_are_due_for_the_job()
      throws IOException {
    Files.writeString(harbour.config(), Harbour.QUIET + "defaults: {gpu_hold_after_stop: 0s}\n");
    assertThat(line("reload").exit()).isZero();
    Instant now = Instant.now();
    harbour
        .engine()
        .has(
            Containers.exited("done")
                .owner("ada")
                .gpu("GPU-1")
                .createdAt(now)
                .startedAt(now)
                .finishedAt(now));
    harbour.look();
    assertThat(line("allocate --user cleo --container next").exit()).isZero();

    assertThat(line("sweep gpu-release --dry-run").out())
        .containsPattern("DUE +ACTION +CONTAINER +REASON")
        .containsPattern("(now|[0-9]+ s ago) +release +done +hold_expired")
        .doesNotContain("next");
    assertThat(line("plan").out()).containsPattern("gpu-release +release +done +ada +hold_expired");
    JsonNode acts = line("plan --at +40m -o json").json().path("acts");
    assertThat(acts.findValuesAsText("container"))
        .containsSubsequence("done", "litter")
        .containsSubsequence("done", "next");
    assertThat(acts.findValuesAsText("reason"))
        .startsWith("hold_expired") // of the device; the container's own comes later
        .contains("reservation_expired", "created_never_started");
    line("mode observe");
    assertThat(line("plan").out()).contains("done", "no container is touched");
  }

  @Test
  void a_plan_is_for_a_moment_in_utc_or_in_local_time_as_well() throws IOException {
    Instant then = Instant.now().plus(Duration.ofMinutes(40)).truncatedTo(ChronoUnit.MINUTES);
    String local = LocalDateTime.ofInstant(then, ZoneId.systemDefault()).toString();

    for (String at : List.of(then.toString(), local)) {
      JsonNode plan = line("plan -o json --at " + at).json();
      assertThat(plan.path("at").asText()).isEqualTo(then.toString());
      assertThat(plan.path("acts").findValuesAsText("container")).containsExactly("litter");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"banana", "+banana", "2026-13-01T00:00Z"})
  void a_moment_that_is_none_is_wrong_usage(String at) {
    Ran ran = line("plan --at " + at);

    assertThat(ran.exit()).isEqualTo(2);
    assertThat(ran.err()).startsWith("berth: --at: ");
  }

  @Test
  void ps_says_pause_where_a_pause_is_what_comes() {
    Instant now = Instant.now();
    harbour
        .engine()
        .has(
            Containers.running("fleeting")
                .owner("ada")
                .gpu("GPU-1")
                .autoRemove()
                .createdAt(now)
                .startedAt(now));
    harbour.look();

    assertThat(line("ps").out()).containsPattern("fleeting .* pause in 2[34] h");
    assertThat(line("status").out()).containsPattern("pause +in 2[34] h +fleeting");
    assertThat(line("ps").out()).containsPattern("train .* stop in 2[34] h");
  }

  @Test
  void a_job_is_swept_and_rests() {
    assertThat(line("sweep created-cleanup").out()).contains("created-cleanup (enforce): 2 cont");
    assertThat(line("sweep stale-cleanup --dry-run").out()).contains("nothing is due");
    assertThat(run("job", "pause", "stale-cleanup", "--for", "2h", "--why", "disks").out())
        .containsPattern("stale-cleanup rests, ends in 2 h \\(20.*Z\\)");
    assertThat(harbour.requests().pauses()).containsKey(JobName.STALE_CLEANUP);
    assertThat(line("status").out()).contains("stale-cleanup paused by root", "disks");
    assertThat(line("sweep stale-cleanup").exit()).isEqualTo(3);
    assertThat(line("job resume stale-cleanup").exit()).isZero();
    assertThat(line("sweep nonsense").exit()).isEqualTo(1);
  }

  @Test
  void the_breaker_is_shown() {
    assertThat(line("breaker show").out()).contains("not tripped");
    assertThat(line("breaker approve --why x").exit()).isEqualTo(3);
  }

  @Test
  void a_test_message_is_said_to_have_come_by_each_channel_or_not() {
    assertThat(line("notify --test ada").out()).isEqualTo("terminal: delivered\n");
    assertThat(line("notify ada").exit()).isEqualTo(2);
  }

  @Test
  void shells_are_given_the_names_there_are_and_none_without_a_daemon() {
    assertThat(line("complete containers").out()).isEqualTo("litter\ntrain\n");
    assertThat(line("complete users").out()).isEqualTo("ada\nbob\n");
    assertThat(line("complete devices").out()).isEqualTo("GPU-0\nGPU-1\nGPU-2\nGPU-3\n");

    harbour.close();
    Ran ran = line("complete containers");
    assertThat(ran.exit()).isZero();
    assertThat(ran.out() + ran.err()).isEmpty();
  }

  @Test
  void explain_says_whose_it_is_what_comes_when_and_what_would_prevent_it() {
    String out = line("explain train").out();

    assertThat(out)
        .containsPattern("^train  " + Containers.idOf("train"))
        .containsPattern("(?m)^owner +ada \\(told by label:ds01.user\\)$")
        .containsPattern("(?m)^type +docker \\(told by default\\)$")
        .containsPattern("(?m)^state +running since 20.*Z$")
        .containsPattern("(?m)^gpus +GPU-0 active$");
    assertThat(out)
        .containsPattern(
            "(?m)^max-runtime +keep, since 20.*Z, warning in 1[78] h, due in 2[34] h \\(20.*Z\\)$")
        .containsPattern("(?m)^ +it runs since 20.*Z; its max_runtime is 1d$")
        .containsPattern("(?m)^stale-cleanup +keep$")
        .containsPattern("(?m)^created-cleanup +keep$")
        .containsPattern("(?m)^idle-stop +keep$");
    assertThat(out)
        .containsPattern("(?m)^to prevent +1\\. save your work and start it anew")
        .containsPattern("(?m)^ +2\\. an admin: an exemption from max_runtime")
        .containsPattern("(?m)^ +3\\. an admin: berth protect train --why");
    assertThat(out).containsPattern("WHEN +EVENT +BY +REASON +OUTCOME").contains("gpu.allocate");
    assertThat(out.substring(out.lastIndexOf("\n\n"))).contains("max-runtime", "to prevent");
  }

  @Test
  void a_container_is_meant_by_its_name_its_id_or_how_that_begins_be_it_gone_or_not() {
    String id = Containers.idOf("train");
    List<String> all = List.of("train", id, id.substring(0, 12));
    for (String each : all) {
      assertThat(line("explain " + each).out()).startsWith("train  " + id);
    }
    String other = id.substring(0, 12) + "0".repeat(52);
    harbour.engine().has(Containers.created("next").id(other).createdAt(Instant.now()));
    harbour.look();
    Ran several = line("explain " + id.substring(0, 12));
    assertThat(several.exit()).isEqualTo(2);
    assertThat(several.err()).contains("means several containers: give the full id");

    harbour.engine().remove(other);
    harbour.engine().remove(id);
    harbour.look();
    for (String each : List.of("train", id, id.substring(0, 20))) {
      assertThat(line("explain " + each).out()).contains(each + " is gone", id);
    }
  }

  @Test
  void explain_takes_no_end_of_a_life_before_for_that_of_this_one() {
    for (String state : List.of("paused", "running", "exited")) {
      trainIs(state);
      harbour.look();
      String words = state.equals("paused") ? "paused, started" : state + " since";

      assertThat(line("explain train").out()).containsPattern("(?m)^state +" + words + " 20.*Z$");
    }
  }

  @Test
  void explain_says_since_when_a_cleanup_s_clock_runs() {
    Instant now = Instant.now();
    harbour
        .engine()
        .has(
            Containers.exited("done")
                .owner("ada")
                .gpu("GPU-1")
                .createdAt(now)
                .startedAt(now)
                .finishedAt(now));
    harbour.look();

    assertThat(line("explain litter").out())
        .containsPattern("(?m)^created-cleanup +keep, since 20.*Z, due in 29 min \\(20.*Z\\)$");
    assertThat(line("explain done").out())
        .containsPattern("(?m)^stale-cleanup +keep, since 20.*Z, due in 29 min \\(20.*Z\\)$")
        .containsPattern("(?m)^gpus +GPU-1 held, ends in 14 min \\(20.*Z\\)$");
  }

  @Test
  void explain_says_where_each_limit_is_written_those_of_policies_too() throws IOException {
    Files.writeString(
        harbour.config(),
        Harbour.QUIET
            + "defaults:\n  max_runtime: 2h\npolicies:\n  grace_period: 7m\n  idle_warnings: [0.5]\n");
    assertThat(line("reload").exit()).isZero();

    assertThat(line("explain train").out())
        .containsPattern("(?m)^max_runtime +2h +.*/resource-limits.yaml:4 \\(defaults\\)$")
        .containsPattern("(?m)^grace_period +7m +.*/resource-limits.yaml:6 \\(policies\\)$")
        .containsPattern("(?m)^idle_warnings +\\[0.5\\] +.*:7 \\(policies\\)$")
        .containsPattern("(?m)^created_container_timeout +30m +built-in$");
  }

  @Test
  void explain_draws_what_it_did() {
    Instant at = Instant.now();
    Measure nothing = new Measure(Measure.State.KNOWN, 0, "");
    Measure unknown = new Measure(Measure.State.UNKNOWN, 0, "it could not be read");
    List<Sample> samples = new ArrayList<>();
    for (int percent : new int[] {0, 50, 100}) {
      Measure gpu = new Measure(Measure.State.KNOWN, percent, "");
      samples.add(
          new Sample(1, at, at.plusSeconds(30), 1, false, unknown, nothing, gpu, null, false));
    }
    harbour.samples(samples);

    assertThat(line("explain train").out())
        .containsPattern("(?m)^gpu % +▁▄█  at most 100.0$")
        .containsPattern("(?m)^cpu % +···  not known: it could not be read$")
        .containsPattern("(?m)^net B/30s +▁▁▁  at most 0.0$");
  }

  @Test
  void explain_says_that_a_signal_is_not_the_container_s_own() {
    Instant at = Instant.now();
    Measure nothing = new Measure(Measure.State.KNOWN, 0, "");
    Measure shared = new Measure(Measure.State.NOT_ATTRIBUTABLE, 0, "it has no network of its own");
    harbour.samples(
        List.of(
            new Sample(
                1, at, at.plusSeconds(30), 1, false, nothing, shared, nothing, null, false)));

    assertThat(line("explain train").out())
        .containsPattern("(?m)^net B/30s +·  not attributable: it has no network of its own$");
  }

  @Test
  void explain_says_of_one_that_berth_stopped_why_also_when_it_is_gone() {
    trainIs("exited");
    harbour.look();
    assertThat(line("explain train").out()).doesNotContainPattern("(?m)^stopped");
    berthStopped();

    String stop = "(?m)^stopped +20.*Z by berth, idle_timeout\n +idle since dawn$";
    assertThat(line("explain train").out()).containsPattern(stop);
    harbour.engine().remove(Containers.idOf("train"));
    harbour.look();
    assertThat(line("explain train").out())
        .contains("train is gone")
        .containsPattern(stop)
        .containsPattern("(?m)^removed +20.*Z by user$");
  }

  private void berthStopped() {
    Instant now = Instant.now();
    String event =
        """
        {"timestamp": "%s", "event_type": "container.stop", "user": "ada", "details": \
        {"by": "berth", "reason": "idle_timeout", "outcome": "done", "why": "idle since dawn"}}\
        """
            .formatted(now);
    JournalEntry stop =
        new JournalEntry(
            0,
            now,
            JournalEntry.Kind.OUTCOME,
            Containers.idOf("train"),
            "train",
            "ada",
            "container.stop",
            "idle_timeout",
            "idle-stop",
            "enforce",
            null,
            "done",
            event);
    harbour.ledger().update(tables -> tables.append(stop));
  }

  @Test
  void explain_says_why_one_is_not_judged() {
    trainIs("exited");
    harbour.engine().isSilentOf("train");

    assertThat(line("explain train").out())
        .containsPattern("(?m)^verdicts +not known: an act on it is under way, or the Engine");
  }

  @Test
  void explain_tells_all_but_the_verdicts_while_the_engine_is_down() throws IOException {
    harbour.engine().goesDown();

    Ran ran = line("explain train");

    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.out())
        .containsPattern("(?m)^verdicts +not known: the Docker Engine does not answer$")
        .containsPattern("(?m)^owner +ada ")
        .containsPattern("max_runtime +1d")
        .contains("gpu.allocate");
    assertThat(line("explain train -o json").json().path("verdicts_unknown").asText())
        .contains("Engine");
    assertThat(line("plan").exit()).isEqualTo(1);
  }

  @Test
  void explain_tells_of_one_that_is_gone_whose_it_was_and_why_it_went() {
    harbour.engine().remove(Containers.idOf("litter"));
    harbour.look();

    assertThat(line("explain litter").out())
        .contains("litter is gone")
        .containsPattern("(?m)^owner +bob \\(told by label:ds01.user\\)$")
        .containsPattern("(?m)^type +docker$")
        .containsPattern("(?m)^removed +20.*Z by user$");
  }

  @Test
  void without_a_daemon_explain_tells_of_the_past_from_the_ledger() throws IOException {
    Files.writeString(
        harbour.config(),
        Harbour.QUIET.replace("daemon: {", "daemon: {ledger: " + harbour.ledgerFile() + ", "));
    harbour.engine().remove(Containers.idOf("litter"));
    harbour.look();
    harbour.close();
    String asConfigured = " --config " + harbour.config();

    Ran gone = line("explain litter" + asConfigured);
    assertThat(gone.exit()).as(gone.err()).isZero();
    assertThat(gone.err()).contains("the daemon is not reachable").hasLineCount(1);
    assertThat(gone.out())
        .contains("litter is gone")
        .containsPattern("(?m)^owner +bob \\(told by label:ds01.user\\)$")
        .containsPattern("(?m)^type +docker$")
        .containsPattern("(?m)^removed +20[-0-9T:]+Z by user")
        .contains("container.create");

    Ran there = line("explain train --ledger " + harbour.ledgerFile());
    assertThat(there.err()).isEmpty();
    assertThat(there.out())
        .contains("train was there when the daemon last looked")
        .containsPattern("(?m)^owner +ada ")
        .contains("gpu.allocate");
    JsonNode json = line("explain train -o json" + asConfigured).json();
    assertThat(json.path("gone").asBoolean(true)).isFalse();
    assertThat(json.path("mode").isNull()).isTrue();
    assertThat(line("explain absent" + asConfigured).exit()).isEqualTo(1);
  }

  @Test
  void of_several_gone_ones_of_a_name_the_last_is_explained_and_the_others_are_named() {
    Instant now = Instant.now();
    String older = Containers.idOf("litter");
    harbour.engine().remove(older);
    harbour.look();
    String newer = "ab".repeat(32);
    harbour.engine().has(Containers.created("litter").id(newer).owner("cleo").createdAt(now));
    harbour.look();
    harbour.engine().remove(newer);
    harbour.look();

    Ran last = line("explain litter");
    assertThat(last.out())
        .containsPattern("(?m)^id +" + newer)
        .containsPattern("(?m)^owner +cleo ")
        .contains("berth explain " + older);
    assertThat(last.out().lines().filter(row -> row.contains("container.create"))).hasSize(1);
    assertThat(line("explain " + older).out())
        .containsPattern("(?m)^owner +bob ")
        .doesNotContain(newer);
  }

  @Test
  void what_the_breaker_holds_back_goes_when_exactly_that_was_approved() throws Exception {
    harbour.close();
    harbour =
        new Harbour(
            folder.resolve("tripping"),
            """
            safety:
              {mode: enforce, startup_grace: 0s, boot_grace: 0s, breaker_share: 0.1, breaker_min_removals: 2}
            policies: {created_container_timeout: 1s}
            """,
            0);
    for (int i = 0; i < 4; i++) {
      harbour.engine().has(Containers.created("litter" + i).owner("bob").createdAt(Instant.now()));
    }
    harbour.look();
    await()
        .until(
            () ->
                line("sweep created-cleanup").exit() == 0
                    && line("breaker show -o json").json().path("held").size() == 4);
    assertThat(harbour.engine().list()).hasSize(4);

    String list = line("breaker show -o json").json().path("list").asText();
    assertThat(line("breaker show").out())
        .contains("litter3", "berth breaker approve --list " + list)
        .doesNotContain("nothing waits");
    Ran other = run("breaker", "approve", "--list", list + "0", "--why", "it is litter");
    assertThat(other.exit()).isEqualTo(3);
    assertThat(other.err()).contains("another list now; see berth breaker show");

    assertThat(line("ps").out()).containsPattern("litter0 .* remove, due ([0-9]+ s ago|now)");

    Ran ran = run("-o", "json", "breaker", "approve", "--list", list, "--why", "it is litter");

    assertThat(ran.exit()).as(ran.err()).isZero();
    assertThat(ran.json().path("containers")).hasSize(4);
    assertThat(CommandSchemasTest.schema("Approved").validate(ran.json())).isEmpty();
    assertThat(harbour.eventTypes()).containsOnlyOnce("breaker.approve");
    assertThat(line("sweep created-cleanup").exit()).isZero();
    assertThat(harbour.engine().list()).isEmpty();
    assertThat(line("breaker show").out())
        .contains("tripped: no act is done", "nothing waits; it ends by itself");
    assertThat(line("breaker approve --why again").exit()).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "status",
        "ps",
        "plan",
        "limits",
        "allocate --user a --container b",
        "release x",
        "pause x",
        "resume x",
        "wait x",
        "ping x",
        "protect x --why y",
        "unprotect x",
        "sweep x",
        "mode observe",
        "reload",
        "job resume x",
        "breaker show",
        "notify --test x"
      })
  void without_a_daemon_it_is_5_and_how_to_start_it(String command) {
    harbour.close();

    Ran ran = line(command);

    assertThat(ran.exit()).isEqualTo(5);
    assertThat(ran.err()).contains("systemctl start berthd", harbour.socket().toString());
    assertThat(ran.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"status", "ps", "gpus", "limits", "breaker show", "plan", "explain train"})
  void every_answer_is_json_where_it_is_asked_for(String command) throws IOException {
    assertThat(line("-o json " + command).json()).isNotEmpty();
    assertThat(line(command + " -o json").exit()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"12, 12, 3", "200, 24, 4"})
  void two_hundred_at_once_break_no_quota_and_share_no_device(int users, int grants, int refusal)
      throws Exception {
    harbour.close();
    Path file;
    Map<Integer, Integer> exits = new TreeMap<>();
    try (Harbour large = new Harbour(folder.resolve("large"), Harbour.QUIET, 24)) {
      harbour = large;
      ExecutorService people = Executors.newFixedThreadPool(200);
      List<Future<Integer>> asked = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        String command = "allocate --user u" + i % users + " --container c" + i;
        asked.add(people.submit(() -> line(command).exit()));
      }
      for (Future<Integer> each : asked) {
        exits.merge(each.get(60, TimeUnit.SECONDS), 1, Integer::sum);
      }
      people.shutdown();
      file = large.ledgerFile();
      Allocation allocation = large.ledger().read(tables -> tables.devices().allocation());
      assertThat(allocation.claims()).hasSize(grants);
      assertThat(allocation.claims().stream().map(Claim::device)).doesNotHaveDuplicates();
      assertThat(allocation.claims().stream().map(Claim::owner)).doesNotHaveDuplicates();
    }
    assertThat(exits).isEqualTo(Map.of(0, grants, refusal, 200 - grants));
    assertThat(new LedgerReader(file).check().differences()).isEmpty();
  }
}
