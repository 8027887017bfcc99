package io.berth.daemon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.berth.jobs.ledger.Compaction;
import io.berth.jobs.ledger.DeviceMoves;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.Orphan;
import io.berth.jobs.ledger.OverQuota;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

/** The commands that read the ledger without a daemon. */
class LedgerCommandsTest {

  @TempDir private Path folder;
  private Path file;

  private StringWriter out = new StringWriter();
  private StringWriter err = new StringWriter();

  @BeforeEach
  void ledger() {
    file = folder.resolve("ledger.db");
    try (Ledger ledger = Ledger.open(file, DeviceMoves.FOUND)) {
      DeviceMoves.tell(ledger);
    }
  }

  // --- berth gpus

  @Test
  void the_ledger_is_shown_by_device_with_a_line_for_each_claim() {
    assertThat(run("gpus --ledger " + file)).isZero();

    assertThat(out.toString().replaceAll("[0-9]+ d ago", "AGO").replaceAll(" +", " "))
        .isEqualTo(
            """
            DEVICE STATE GPUEQ CLAIM CONTAINER OWNER SINCE UNTIL NOTE
            GPU-a conflict 1 held train ada AGO AGO -
            GPU-a conflict 1 active infer bob AGO - -
            MIG-b free 0.125 - - - - - -
            """);
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void who_had_what_then_has_exact_times_and_is_aligned() {
    assertThat(run("gpus --at 2026-03-02T13:30Z --ledger " + file)).isZero();

    assertThat(out)
        .hasToString(
            """
            DEVICE  STATE   GPUEQ  CLAIM   CONTAINER  OWNER  SINCE                 UNTIL  NOTE
            GPU-a   active  1      active  train      ada    2026-03-02T13:00:00Z  -      -
            MIG-b   free    0.125  -       -          -      -                     -      -
            """);
  }

  @Test
  void a_line_of_json_has_exact_times_and_null_for_nothing() throws IOException {
    JsonNode then = json("gpus -o json --at 2026-03-02T13:30Z --ledger " + file);

    assertThat(then).hasSize(2);
    assertThat(then.path(0))
        .hasToString(
            "{\"device\":\"GPU-a\",\"state\":\"active\",\"gpueq\":1.0,\"mig\":false,\"bus_id\":null,\"claim\":\"active\","
                + "\"container\":\"train\",\"holder\":\"c1\",\"owner\":\"ada\",\"type\":\"docker\","
                + "\"since\":\"2026-03-02T13:00:00.123456Z\",\"until\":null,"
                + "\"orphan_processes\":[],\"other_processes\":[],\"nvml_unknown\":null,"
                + "\"over_quota\":null,\"note\":null}");
    assertThat(then.path(1).path("claim").isNull()).isTrue();
    assertThat(json("gpus -o json --ledger " + file).path(0).path("until").asText())
        .isEqualTo("2026-03-02T14:30:00Z");
  }

  @Test
  void what_is_out_of_order_is_noted_beside_the_device_and_the_holder() throws IOException {
    try (Ledger ledger = Ledger.open(file, DeviceMoves.FOUND)) {
      ledger.update(
          tables -> {
            tables
                .findings()
                .put(new Orphan("MIG-b", 42, 7, "c9", "old", "eve", DeviceMoves.TAKEN, null));
            tables.findings().put(new OverQuota("bob", 1.0, 2.0 / 7, DeviceMoves.STOPPED));
          });
    }

    assertThat(run("gpus --ledger " + file)).isZero();
    assertThat(out.toString().lines().map(line -> line.substring(line.lastIndexOf("  ") + 2)))
        .containsExactly("NOTE", "-", "bob has 1 of 0.286 gpueq", "orphan process 42 of old (eve)");
    JsonNode now = json("gpus -o json --ledger " + file);
    assertThat(now.path(1).path("over_quota").path("quota").asDouble()).isEqualTo(2.0 / 7);
    assertThat(now.path(2).path("orphan_processes").path(0))
        .hasToString(
            "{\"pid\":42,\"container\":\"old\",\"id\":\"c9\",\"owner\":\"eve\","
                + "\"since\":\"2026-03-02T13:00:00.123456Z\"}");
  }

  @Test
  void a_moment_before_the_journal_begins_is_1_and_a_line() {
    try (Ledger ledger = Ledger.open(file, DeviceMoves.FOUND)) {
      Compaction.run(
          ledger, DeviceMoves.UNTIL.plus(Duration.ofDays(2)), Duration.ZERO, 1_000, dropped -> {});
    }

    assertThat(run("gpus --at 2026-03-02T13:30Z --ledger " + file)).isEqualTo(1);
    assertThat(err.toString()).contains("goes back to 2026-03-03T14:30:00Z").hasLineCount(1);
    assertThat(run("check-ledger " + file)).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "2026-03-02T11:59Z, ''",
    "2026-03-02T12:30Z, GPU-a free MIG-b free",
    "2026-03-02T13:00:00.123455Z, GPU-a free MIG-b free",
    "2026-03-02T13:00:00.123456Z, GPU-a active MIG-b free",
    "2026-03-02T14:30+01:00, GPU-a active MIG-b free",
    "2027-01-01T00:00Z, GPU-a conflict GPU-a conflict MIG-b free",
  })
  void who_had_what_is_told_for_any_moment(String at, String expected) throws IOException {
    StringBuilder found = new StringBuilder();
    for (JsonNode line : json("gpus -o json --at " + at + " --ledger " + file)) {
      found.append(line.path("device").asText() + " " + line.path("state").asText() + " ");
    }

    assertThat(found.toString().strip()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "--history GPU-a, gone>present free>active active>held free>active",
    "--history MIG-b, gone>present",
    "--owner ada, free>active active>held",
    "--owner bob --history GPU-a, free>active",
    "--owner bob --history MIG-b, ''",
  })
  void the_changes_of_a_device_or_a_user_are_listed(String asked, String expected)
      throws IOException {
    StringBuilder found = new StringBuilder();
    for (JsonNode line : json("gpus -o json " + asked + " --ledger " + file)) {
      found.append(line.path("from").asText() + ">" + line.path("to").asText() + " ");
    }

    assertThat(found.toString().strip()).isEqualTo(expected);
  }

  @Test
  void changes_are_aligned_too() {
    assertThat(run("gpus --history GPU-a --ledger " + file)).isZero();

    assertThat(out.toString().lines())
        .startsWith(
            "TIME                  DEVICE  FROM    TO       CONTAINER  OWNER  REASON  SOURCE",
            "2026-03-02T12:00:00Z  GPU-a   gone    present  -          -      seen    engine",
            "2026-03-02T13:00:00Z  GPU-a   free    active   train      ada    seen    engine")
        .hasSize(5);
  }

  @ParameterizedTest
  @CsvSource({
    "gpus --at yesterday, yesterday",
    "gpus --at 2026-03-02, is no moment such as",
    "gpus --at 2026-03-02T12:00Z --owner ada, --at goes with neither",
  })
  void wrong_usage_is_2(String line, String hint) {
    assertThat(run(line + " --ledger " + file)).isEqualTo(2);
    assertThat(err.toString()).contains(hint);
  }

  @ParameterizedTest
  @CsvSource({
    "2026-07-01T12:00, 2026-07-01T10:00:00Z",
    "2026-07-01T12:00:30.5, 2026-07-01T10:00:30.5Z",
    "2026-07-01T12:00Z, 2026-07-01T12:00:00Z",
    "2026-07-01T12:00-05:00, 2026-07-01T17:00:00Z",
    "2026-07-01T12:00+09:00[Asia/Tokyo], 2026-07-01T03:00:00Z",
  })
  void a_moment_without_a_zone_is_a_local_one(String text, Instant expected) {
    assertThat(Moments.parse(text, ZoneId.of("Europe/Berlin"))).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "now", "1969-12-31T23:00Z", "+999999999-12-31T23:59:59"})
  void what_is_no_moment_is_refused(String text) {
    assertThatThrownBy(() -> Moments.parse(text, ZoneId.of("Europe/Berlin")))
        .isInstanceOf(TypeConversionException.class);
  }

  // --- berth check-ledger

  @ParameterizedTest
  @ValueSource(
      strings = {"check-ledger %s", "check-ledger --ledger %s", "check-ledger %s --ledger /none"})
  void a_ledger_in_order_is_0_and_a_line(String line) {
    assertThat(run(String.format(line, file))).isZero();
    assertThat(out).hasToString("ok: 5 rows, 2 devices, 2 claims\n");
  }

  @Test
  void a_ledger_in_use_is_checked_as_well() {
    try (Ledger ledger = Ledger.open(file, DeviceMoves.FOUND)) {
      ledger.update(tables -> tables.keep("any", "thing"));
      assertThat(run("check-ledger " + file)).isZero();
    }
  }

  @Test
  void each_difference_is_a_line_and_1() throws IOException {
    DeviceMoves.sql(file, "DELETE FROM claim", "UPDATE device SET presence = 'CEDED'");

    assertThat(run("check-ledger " + file)).isEqualTo(1);
    assertThat(out.toString().lines())
        .hasSize(4)
        .allMatch(line -> line.contains(": the journal folds to "));

    out = new StringWriter();
    assertThat(run("check-ledger -o json " + file)).isEqualTo(1);
    JsonNode answer = new ObjectMapper().readTree(out.toString());
    assertThat(answer.path("ok").asBoolean(true)).isFalse();
    assertThat(answer.path("rows").asInt()).isEqualTo(5);
    assertThat(answer.path("differences")).hasSize(4);
  }

  // --- where the ledger is

  @ParameterizedTest
  @ValueSource(strings = {"gpus", "check-ledger"})
  void the_configuration_says_where_it_is(String command) throws IOException {
    Path config = Files.writeString(folder.resolve("c.yaml"), "daemon: {ledger: " + file + "}\n");

    assertThat(run(command + " --config " + config)).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpus", "check-ledger"})
  void a_configuration_that_is_needed_and_refused_is_78(String command) throws IOException {
    Path config = Files.writeString(folder.resolve("c.yaml"), "safty: {}\n");

    assertThat(run(command + " --config " + config)).isEqualTo(78);
    assertThat(err.toString())
        .startsWith("berth: where the ledger is can't be told: " + config + ":1:1: ")
        .contains("--ledger")
        .hasLineCount(1);
    err = new StringWriter();
    assertThat(run(command + " --config " + config + " --ledger " + file)).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpus", "check-ledger"})
  void a_missing_ledger_is_1_and_a_line(String command) {
    Path missing = folder.resolve("missing.db");

    assertThat(run(command + " --ledger " + missing)).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("berth: there is no ledger at " + missing)
        .hasLineCount(1);
    assertThat(missing).doesNotExist();
  }

  private JsonNode json(String line) throws IOException {
    out = new StringWriter();
    assertThat(run(line)).isZero();
    return new ObjectMapper().readTree(out.toString());
  }

  private int run(String line) {
    BerthCli cli =
        new BerthCli(
            options -> {
              throw new IllegalStateException("no daemon was asked for");
            },
            new PrintWriter(out, true),
            new PrintWriter(err, true));
    return cli.run(line.split(" ", -1));
  }
}
