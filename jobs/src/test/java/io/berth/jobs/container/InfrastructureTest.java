package io.berth.jobs.container;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.policies.PolicyBook.Monitoring;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InfrastructureTest {

  private static final Infrastructure DEFAULTS = with("ds01.protected", List.of());

  @ParameterizedTest
  @ValueSource(strings = {"true", "1", "yes", "prometheus", "nope", "00", "off", "\u0000"})
  void the_labels_protect_whatever_they_are_set_to(String value) {
    Container monitoring = Containers.exited("x").label("ds01.monitoring", value).build();
    Container guarded = Containers.exited("x").label("ds01.protected", value).build();

    assertThat(DEFAULTS.protection(monitoring)).hasValue("protected by its label ds01.monitoring");
    assertThat(DEFAULTS.protection(guarded)).hasValue("protected by its label ds01.protected");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  ", "false", "False", " FALSE ", "0", "no", "NO", "No\n"})
  void the_labels_do_not_protect_where_they_say_no(String value) {
    Container container =
        Containers.exited("x")
            .label("ds01.monitoring", value)
            .label("ds01.protected", value)
            .label("lab.keep", value)
            .build();

    assertThat(with("lab.keep", List.of()).protection(container)).isEmpty();
  }

  @Test
  void one_label_that_says_no_does_not_undo_the_other() {
    Container container =
        Containers.exited("x")
            .label("ds01.monitoring", "no")
            .label("ds01.protected", "yes")
            .build();

    assertThat(DEFAULTS.protection(container)).hasValue("protected by its label ds01.protected");
  }

  @Test
  void the_configured_label_protects_and_the_fixed_ones_go_on_protecting() {
    Infrastructure configured = with("lab.keep", List.of());

    assertThat(configured.protection(Containers.exited("x").label("lab.keep", "1").build()))
        .hasValue("protected by its label lab.keep");
    assertThat(configured.protection(Containers.exited("x").label("ds01.protected", "1").build()))
        .isPresent();
    assertThat(DEFAULTS.protection(Containers.exited("x").label("lab.keep", "1").build()))
        .isEmpty();
  }

  @Test
  void a_configured_name_prefix_protects() {
    Infrastructure configured = with("ds01.protected", List.of("prom", " grafana- "));

    assertThat(configured.protection(Containers.running("prometheus").build()))
        .hasValue("protected by its name: monitoring.infrastructure_containers has prom");
    assertThat(configured.protection(Containers.running("grafana-1").build())).isPresent();
    assertThat(configured.protection(Containers.running("my-prom").build())).isEmpty();
    assertThat(configured.protection(Containers.running("Prometheus").build())).isEmpty();
  }

  @Test
  void a_blank_prefix_or_label_protects_nothing() {
    Infrastructure blank = with(" ", List.of("", "  ", "\t"));

    assertThat(blank.protection(Containers.running("x").label("", "yes").build())).isEmpty();
    assertThat(blank.protection(Containers.running("").build())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "com.docker.swarm.service.id, Docker Swarm controls it (label com.docker.swarm.*)",
    "com.docker.swarm.task, Docker Swarm controls it (label com.docker.swarm.*)",
    "io.kubernetes.pod.name, Kubernetes controls it (label io.kubernetes.*)",
  })
  void other_controllers_containers_are_theirs(String label, String why) {
    assertThat(DEFAULTS.protection(Containers.running("x").label(label, "").build())).hasValue(why);
  }

  @ParameterizedTest
  @ValueSource(strings = {"com.docker.swarm", "com.docker.compose.project", "io.kubernetes", "x"})
  void other_labels_protect_nothing(String label) {
    assertThat(DEFAULTS.protection(Containers.running("x").label(label, "1").build())).isEmpty();
  }

  @Test
  void what_an_admin_protects_is_protected() {
    Infrastructure guarding =
        new Infrastructure(
            new Monitoring("ds01.protected", List.of()),
            Set.of(Containers.idOf("kept"))::contains,
            null);

    assertThat(guarding.protection(Containers.exited("kept").build()))
        .hasValue("protected by an admin (berth protect)");
    assertThat(guarding.protection(Containers.exited("other").build())).isEmpty();
  }

  @Test
  void the_container_that_berth_runs_in_is_protected() {
    Infrastructure inside =
        new Infrastructure(
            new Monitoring("ds01.protected", List.of()), id -> false, Containers.idOf("berth"));

    assertThat(inside.protection(Containers.running("berth").build()))
        .hasValue("Berth itself runs in it");
    assertThat(inside.protection(Containers.running("other").build())).isEmpty();
  }

  private static Infrastructure with(String label, List<String> prefixes) {
    return new Infrastructure(new Monitoring(label, prefixes), id -> false, null);
  }
}
