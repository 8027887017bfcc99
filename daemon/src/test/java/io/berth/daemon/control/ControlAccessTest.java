package io.berth.daemon.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.container.Containers;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.policies.JobName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Who may ask what: real peers of several users, and what each gets. */
class ControlAccessTest {

  @TempDir private Path folder;
  private Harbour harbour;

  @BeforeEach
  void open() throws IOException {
    As.requireTools();
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    harbour =
        new Harbour(
            folder.resolve("run"), Harbour.QUIET, 4, (user, who) -> Map.of("terminal", "sent"));
    Instant now = Instant.now();
    harbour
        .engine()
        .has(
            Containers.running("train")
                .owner("games")
                .gpu("GPU-0")
                .mount("bind", "/home/games/secret", "/data")
                .createdAt(now)
                .startedAt(now));
    harbour.engine().has(Containers.running("orphan").createdAt(now).startedAt(now));
    harbour.look();
  }

  @AfterEach
  void close() {
    if (harbour != null) {
      harbour.close();
    }
  }

  /** Each route, a request of it, and what the owner of train, a stranger and an admin get. */
  private static final String TABLE =
      """
      GET /v1/status                            |                                       | 200 200 200
      GET /v1/containers                        |                                       | 200 200 200
      GET /v1/containers/{container}            |                                       | 200 200 200
      GET /v1/containers/{container}/look       |                                       | 200 200 200
      GET /v1/containers/{container}/explain    |                                       | 200 200 200
      GET /v1/plan                              |                                       | 200 200 200
      GET /v1/devices                           |                                       | 200 200 200
      GET /v1/limits                            |                                       | 200 200 200
      GET /v1/events                            |                                       | 200 200 200
      GET /v1/breaker                           |                                       | 200 200 200
      POST /v1/containers/{container}/pause     |                                       | 200 403 200
      POST /v1/containers/{container}/resume    |                                       | 200 403 200
      POST /v1/containers/{container}/keep-alive| {"for":"1h"}                          | 200 403 200
      POST /v1/containers/{container}/protect   | {"why":"x"}                           | 403 403 200
      POST /v1/containers/{container}/unprotect |                                       | 403 403 409
      POST /v1/allocate                         | {"user":"mail","container":"m"}       | 403 200 200
      POST /v1/release                          | {"container":"train"}                 | 409 403 409
      POST /v1/notify/test                      | {"user":"games"}                      | 200 403 200
      POST /v1/mode                             | {"mode":"observe"}                    | 403 403 200
      POST /v1/reload                           | {"dry_run":true}                      | 403 403 200
      POST /v1/reload                           | {}                                    | 403 403 200
      POST /v1/config/compare                   | {"main":"safety: {mode: observe}"}    | 403 403 200
      POST /v1/jobs/{job}/sweep                 | {"dry_run":true}                      | 403 403 200
      POST /v1/jobs/{job}/sweep                 | {}                                    | 403 403 200
      POST /v1/jobs/{job}/pause                 | {"for":"1h","why":"x"}                | 403 403 200
      POST /v1/jobs/{job}/resume                |                                       | 403 403 409
      POST /v1/breaker/approve                  | {"why":"x"}                           | 403 403 409
      """;

  @ParameterizedTest
  @MethodSource("rows")
  void who_gets_what_of_each_route(String route, String body, String statuses) {
    String method = route.substring(0, route.indexOf(' '));
    String path =
        route
            .substring(method.length() + 1)
            .replace("{container}", "train")
            .replace("{job}", "reconcile");
    List<Integer> expected = new ArrayList<>(List.of(403));
    for (String each : statuses.split(" ", -1)) {
      expected.add(Integer.valueOf(each));
    }
    List<Integer> got = new ArrayList<>();
    for (As peer : List.of(As.NOBODY, As.OWNER, As.STRANGER, As.ADMIN, As.ROOT)) {
      got.add(peer.ask(harbour.socket(), method, path, body).status());
      As.ROOT.post(harbour, "/v1/containers/train/resume", ""); // as it was, for the next one
    }

    // Root may do what an admin may.
    assertThat(got.subList(0, 4)).isEqualTo(expected);
    assertThat(got.get(4)).isEqualTo(got.get(3));
  }

  static Stream<Arguments> rows() {
    return TABLE
        .lines()
        .map(row -> row.split("\\|", -1))
        .map(cells -> Arguments.of(cells[0].strip(), cells[1].strip(), cells[2].strip()));
  }

  @Test
  void the_table_has_every_route() {
    assertThat(rows().map(row -> row.get()[0]).distinct())
        .containsExactlyInAnyOrderElementsOf(
            harbour.routes().stream().map(each -> each.method() + " " + each.path()).toList());
  }

  @ParameterizedTest
  @CsvSource({"pause", "resume", "keep-alive"})
  void a_user_acts_on_what_he_owns_and_an_admin_on_all(String act) {
    String path = "/v1/containers/train/" + act;

    assertThat(As.NOBODY.post(harbour, path, "{}").status()).isEqualTo(403);
    assertThat(As.STRANGER.post(harbour, path, "{}").code()).isEqualTo("forbidden");
    assertThat(As.OWNER.post(harbour, path, "{}").status()).isEqualTo(200);
    assertThat(As.ADMIN.post(harbour, path, "{}").status()).isEqualTo(200);
    assertThat(As.STRANGER.post(harbour, "/v1/containers/orphan/" + act, "{}").code())
        .isEqualTo("forbidden");
  }

  @Test
  void a_pause_and_its_end_are_done_and_told_once_with_who_asked() {
    As.OWNER.post(harbour, "/v1/containers/train/pause", "");
    assertThat(harbour.engine().stateOf("train")).isEqualTo(State.PAUSED);
    harbour.look();
    As.ROOT.post(harbour, "/v1/containers/train/resume", "");
    harbour.look();

    assertThat(harbour.engine().stateOf("train")).isEqualTo(State.RUNNING);
    assertThat(harbour.eventTypes()).containsOnlyOnce("container.pause", "container.unpause");
    JsonNode event =
        As.OWNER.get(harbour, "/v1/events?type=container.pause").body().path("events").path(0);
    assertThat(event.path("source").asText()).isEqualTo("cli");
    assertThat(event.path("details").path("by").asText()).isEqualTo("user");
    assertThat(event.path("details").path("who").asText()).isEqualTo("games");
  }

  @Test
  void a_protected_container_is_touched_for_nobody() {
    As.ADMIN.post(harbour, "/v1/containers/train/protect", "{\"why\":\"demo\",\"for\":\"7d\"}");

    As.Answer answer = As.OWNER.post(harbour, "/v1/containers/train/pause", "");

    assertThat(answer.code()).isEqualTo("refused");
    assertThat(harbour.engine().stateOf("train")).isEqualTo(State.RUNNING);
    assertThat(As.OWNER.get(harbour, "/v1/containers/train").body().path("protected_by").asText())
        .contains("www-data");
    assertThat(As.ROOT.post(harbour, "/v1/containers/train/unprotect", "").status()).isEqualTo(200);
    assertThat(As.ROOT.post(harbour, "/v1/containers/train/unprotect", "").code())
        .isEqualTo("refused");
  }

  @Test
  void devices_are_granted_to_oneself_and_by_an_admin_to_anybody() {
    String forOwner = "{\"user\":\"games\",\"container\":\"next\"}";

    assertThat(As.STRANGER.post(harbour, "/v1/allocate", forOwner).code()).isEqualTo("forbidden");
    assertThat(
            As.ADMIN
                .post(harbour, "/v1/allocate", "{\"user\":\"mail\",\"container\":\"m\"}")
                .status())
        .isEqualTo(200);
    As.Answer refused = As.OWNER.post(harbour, "/v1/allocate", forOwner);

    assertThat(refused.status()).isEqualTo(409); // one GPU is the quota, and train has it
    assertThat(refused.code()).isEqualTo("refused");
    assertThat(As.STRANGER.get(harbour, "/v1/devices").body().toString()).contains("\"mail\"");
  }

  @Test
  void a_reservation_is_released_by_its_owner_alone() {
    As.ADMIN.post(harbour, "/v1/allocate", "{\"user\":\"mail\",\"container\":\"m\"}");

    assertThat(As.OWNER.post(harbour, "/v1/release", "{\"container\":\"m\"}").code())
        .isEqualTo("forbidden");
    assertThat(As.OWNER.post(harbour, "/v1/release", "{\"container\":\"train\"}").code())
        .isEqualTo("refused");
    assertThat(As.STRANGER.post(harbour, "/v1/release", "{\"container\":\"m\"}").status())
        .isEqualTo(200);
  }

  @Test
  void what_an_admin_wrote_of_a_container_is_read_by_its_owner_and_no_stranger() {
    As.ROOT.post(harbour, "/v1/containers/train/protect", "{\"why\":\"thesis of Ada\"}");
    String path = "/v1/events?type=container.protect";

    assertThat(As.OWNER.get(harbour, path).body().toString()).contains("thesis of Ada");
    assertThat(As.ADMIN.get(harbour, path).body().toString()).contains("thesis of Ada");
    assertThat(As.STRANGER.get(harbour, path).body().toString())
        .contains("container.protect", "train")
        .doesNotContain("thesis of Ada");
  }

  @Test
  void a_stranger_sees_of_a_container_what_docker_ps_would_show_and_no_more() {
    As.OWNER.post(harbour, "/v1/containers/train/pause", "");
    harbour.look();
    As.ROOT.post(harbour, "/v1/containers/train/protect", "{\"why\":\"thesis of Ada\"}");
    String explain = "/v1/containers/train/explain";

    assertThat(As.OWNER.get(harbour, explain).body().path("events").toString())
        .contains("thesis of Ada");
    String seen = As.STRANGER.get(harbour, explain).body().toString();
    assertThat(seen).contains("train", "games", "container.pause");
    assertThat(seen).doesNotContain("thesis of Ada", "/home/games/secret");
    assertThat(As.STRANGER.get(harbour, "/v1/containers").body().toString())
        .doesNotContain("secret");
  }

  @Test
  void why_somebody_is_exempt_is_read_by_himself_and_admins() throws IOException {
    Files.writeString(
        harbour.config().resolveSibling("lifecycle-exemptions.yaml"),
        """
        exemptions:
          - {username: games, exempt_from: [idle_timeout], expires_on: null, reason: a broken leg}
        """);
    assertThat(As.ROOT.post(harbour, "/v1/reload", "{}").body().path("problems")).isEmpty();
    String path = "/v1/limits?user=games";

    assertThat(As.OWNER.get(harbour, path).body().toString()).contains("a broken leg");
    assertThat(As.ADMIN.get(harbour, path).body().toString()).contains("a broken leg");
    assertThat(As.STRANGER.get(harbour, path).body().toString())
        .contains("idle_timeout")
        .doesNotContain("a broken leg");
  }

  @Test
  void who_names_nobody_is_told_of_his_own_limits() {
    JsonNode mine = As.OWNER.get(harbour, "/v1/limits").body();

    assertThat(mine.path("user").asText()).isEqualTo("games");
    assertThat(mine.path("containers").findValuesAsText("name")).containsExactly("train");
    assertThat(As.STRANGER.get(harbour, "/v1/limits").body().path("containers")).isEmpty();
  }

  @Test
  void who_set_the_mode_is_in_the_journal() {
    As.ADMIN.post(harbour, "/v1/mode", "{\"mode\":\"observe\"}");

    String told = As.STRANGER.get(harbour, "/v1/events?type=daemon.mode").body().toString();
    assertThat(told).contains("\"who\":\"www-data\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "exemption.applied  | \"exemption\":\"a broken leg\"",
        "notification.failed| \"channels\":[{\"channel\":\"webhook\",\"detail\":\"a broken leg\"}]",
        "container.remove   | \"mounts\":[{\"source\":\"a broken leg\"}]",
      })
  void what_an_event_tells_of_its_owner_alone_is_read_by_himself_and_admins(
      String type, String details) {
    String event =
        "{\"event_type\":\"" + type + "\",\"details\":{\"action\":\"stop\"," + details + "}}";
    JournalEntry entry =
        new JournalEntry(
            0,
            Instant.now(),
            JournalEntry.Kind.FACT,
            Containers.idOf("train"),
            "train",
            "games",
            type,
            null,
            "idle-stop",
            "enforce",
            null,
            "done",
            event);
    harbour.ledger().update(tables -> tables.append(entry));

    for (String path : List.of("/v1/events?type=" + type, "/v1/containers/train/explain")) {
      assertThat(As.OWNER.get(harbour, path).body().toString()).contains("a broken leg");
      assertThat(As.ADMIN.get(harbour, path).body().toString()).contains("a broken leg");
      assertThat(As.STRANGER.get(harbour, path).body().toString())
          .contains(type, "\"action\":\"stop\"")
          .doesNotContain("a broken leg");
    }
  }

  @Test
  void a_test_message_goes_to_oneself_or_from_an_admin() {
    String toOwner = "{\"user\":\"games\"}";

    assertThat(As.STRANGER.post(harbour, "/v1/notify/test", toOwner).code()).isEqualTo("forbidden");
    assertThat(As.OWNER.post(harbour, "/v1/notify/test", toOwner).body().path("channels"))
        .hasToString("{\"terminal\":\"sent\"}");
  }

  @Test
  void a_job_at_rest_is_not_swept_and_everybody_sees_why() {
    As.ADMIN.post(
        harbour, "/v1/jobs/stale-cleanup/pause", "{\"for\":\"2h\",\"why\":\"move of disks\"}");

    assertThat(harbour.requests().pauses()).containsOnlyKeys(JobName.STALE_CLEANUP);
    assertThat(As.STRANGER.get(harbour, "/v1/status").body().toString())
        .contains("move of disks", "www-data");
    assertThat(As.ROOT.post(harbour, "/v1/jobs/stale-cleanup/sweep", "{}").code())
        .isEqualTo("refused");
    assertThat(As.ROOT.post(harbour, "/v1/jobs/stale-cleanup/resume", "{}").status())
        .isEqualTo(200);
  }

  @Test
  void everybody_may_connect_and_the_socket_has_the_admin_group() throws IOException {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(harbour.socket())))
        .isEqualTo("rw-rw-rw-");
    assertThat(Files.getAttribute(harbour.socket(), "posix:group")).hasToString("www-data");
  }
}
