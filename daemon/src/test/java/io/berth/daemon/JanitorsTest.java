package io.berth.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Container;
import io.berth.jobs.engine.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JanitorsTest {

  @TempDir private Path root;

  @ParameterizedTest
  @CsvSource({
    "30 * * * * root /opt/ds01-infra/scripts/maintenance/check-idle-containers.sh >> /var/log/x, true",
    "15 * * * * root /opt/ds01-infra/scripts/maintenance/cleanup-stale-gpu-allocations.sh, true",
    "0 3 * * * root docker system prune -af, true",
    "0 3 * * * root docker ps -aq | xargs docker rm -f, true",
    "0 3 * * * root /usr/bin/docker stop $(docker ps -q), true",
    "0 3 * * * root cd /srv/lab && docker compose down, true",
    "# 0 3 * * * root docker system prune -af, false",
    "0 3 * * * root docker image ls, false",
    "0 3 * * * root docker ps | grep rm, false",
    "0 2 * * 0 root /opt/ds01-infra/scripts/maintenance/backup-logs.sh, false",
  })
  void a_cron_line_that_ends_containers_is_found(String line, boolean found) throws IOException {
    Path file = put("etc/cron.d/some", "# a comment\n" + line + "\n");

    assertThat(new Janitors(root).find(List.of()))
        .isEqualTo(found ? List.of(file + ":2") : List.of());
  }

  @Test
  void a_timer_is_found_by_its_service_and_only_where_it_is_enabled() throws IOException {
    Path timer = put("usr/lib/systemd/system/sweep.timer", "[Timer]\nOnCalendar=daily\n");
    put(
        "usr/lib/systemd/system/sweep.service",
        "[Service]\nExecStart=/usr/bin/docker container prune -f\n");
    assertThat(new Janitors(root).find(List.of())).isEmpty();

    Path enabled = root.resolve("etc/systemd/system/timers.target.wants/sweep.timer");
    Files.createDirectories(enabled.getParent());
    Files.createSymbolicLink(enabled, timer);

    assertThat(new Janitors(root).find(List.of())).containsExactly(enabled.toString());
  }

  @Test
  void a_timer_is_found_by_the_service_that_it_names() throws IOException {
    Path timer = put("etc/systemd/system/nightly.timer", "[Timer]\nUnit=sweep.service\n");
    put("etc/systemd/system/sweep.service", "[Service]\nExecStart=docker container prune -f\n");
    Path enabled = root.resolve("etc/systemd/system/timers.target.wants/nightly.timer");
    Files.createDirectories(enabled.getParent());
    Files.createSymbolicLink(enabled, timer);

    assertThat(new Janitors(root).find(List.of())).containsExactly(enabled.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"etc/anacrontab", "etc/cron.monthly/sweep", "var/spool/cron/root"})
  void other_places_of_cron_are_searched(String place) throws IOException {
    Path file = put(place, "docker container prune -f\n");

    assertThat(new Janitors(root).find(List.of())).containsExactly(file + ":1");
  }

  @ParameterizedTest
  @CsvSource({
    "watchtower,          busybox,                      '',      RUNNING, true",
    "lab-autoheal-1,      busybox,                      '',      RUNNING, true",
    "updater,             busybox, com.centurylinklabs.watchtower, RUNNING, true",
    "healer,              willfarrell/autoheal,         '',      RUNNING, true",
    "healer,              'r.io:5000/a/autoheal:1.2@sha256:ab', '', RUNNING, true",
    "updater,             containrrr/watchtower:latest, '',      RUNNING, true",
    "updater,             containrrr/watchtower,        '',      EXITED,  false",
    "watchtower,          busybox,                      '',      EXITED,  false",
    "watchtowers-of-hanoi, lab/autohealing:watchtower,  '',      RUNNING, false",
    "train,               autoheal/pytorch:2,           com.example, RUNNING, false",
  })
  void a_container_is_one_by_its_name_image_or_label_while_it_runs(
      String name, String image, String label, Container.State state, boolean found) {
    Engine.Summary container =
        new Engine.Summary("1".repeat(64), name, image, state, Map.of(label, "true"));

    assertThat(new Janitors(root).find(List.of(container)))
        .isEqualTo(found ? List.of("container " + name) : List.of());
  }

  @Test
  void a_host_without_any_has_none() {
    assertThat(new Janitors(root).find(List.of())).isEmpty();
  }

  private Path put(String path, String content) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content);
  }
}
