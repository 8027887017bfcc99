package io.berth.daemon.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.container.Containers;
import io.berth.policies.JobName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  @ParameterizedTest
  @CsvSource({
    "/v1/status",
    "/v1/containers",
    "/v1/containers/train",
    "/v1/devices",
    "/v1/limits?user=games",
    "/v1/limits",
    "/v1/events",
    "/v1/breaker",
    "/v1/plan",
    "/v1/containers/train/explain",
  })
  void every_user_of_the_host_may_read_and_a_uid_without_one_nothing(String path) {
    assertThat(As.ROOT.get(harbour, path).status()).isEqualTo(200);
    assertThat(As.ADMIN.get(harbour, path).status()).isEqualTo(200);
    assertThat(As.OWNER.get(harbour, path).status()).isEqualTo(200);
    assertThat(As.STRANGER.get(harbour, path).status()).isEqualTo(200);
    assertThat(As.NOBODY.get(harbour, path).status()).isEqualTo(403);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "/v1/mode; {\"mode\":\"observe\"}",
        "/v1/reload; {}",
        "/v1/reload; {\"dry_run\":true}",
        "/v1/config/compare; {\"main\":\"safety: {mode: observe}\"}",
        "/v1/jobs/reconcile/sweep; {}",
        "/v1/jobs/reconcile/sweep; {\"dry_run\":true}",
        "/v1/jobs/reconcile/pause; {\"for\":\"1h\",\"why\":\"x\"}",
        "/v1/containers/train/protect; {\"why\":\"x\"}",
      })
  void what_changes_the_daemon_is_for_root_and_the_admin_group(String path, String body) {
    assertThat(As.NOBODY.post(harbour, path, body).status()).isEqualTo(403);
    assertThat(As.STRANGER.post(harbour, path, body).code()).isEqualTo("forbidden");
    assertThat(As.OWNER.post(harbour, path, body).code()).isEqualTo("forbidden");
    assertThat(As.ADMIN.post(harbour, path, body).status()).isEqualTo(200);
    assertThat(As.ROOT.post(harbour, path, body).status()).isEqualTo(200);
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
