package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Containers;
import io.berth.jobs.container.EndedBy;
import io.berth.jobs.container.Owner;
import io.berth.policies.ContainerType;
import io.berth.policies.PolicyBook;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeedsTest {

  @ParameterizedTest
  @CsvSource({
    "60, 600, , 60",
    "60, 600, 30, 60",
    "60, 600, 61, 61",
    "60, 600, 601, 600",
    "900, 600, 901, 900", // the limit is no maximum's business
    "900, 600, 700, 900",
  })
  void a_container_s_own_stop_timeout_makes_its_grace_longer_up_to_the_maximum(
      int limit, int most, @Nullable Integer own, int grace) {
    PolicyBook book =
        World.parse(
            "defaults: {sigterm_grace: %ds}\npolicies: {sigterm_grace_max: %ds}"
                .formatted(limit, most));
    Containers container = Containers.running("train");
    if (own != null) {
      container.stopTimeout(Duration.ofSeconds(own));
    }
    Subject subject =
        new Subject(
            container.build(),
            Owner.UNKNOWN,
            null,
            ContainerType.DOCKER,
            null,
            EndedBy.UNKNOWN,
            null);

    assertThat(Deeds.grace(subject, book)).isEqualTo(Duration.ofSeconds(grace));
  }
}
