package io.berth.jobs.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.policies.PolicyBook;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class NoGpusTest {

  private static Gpus gpus(String library) {
    PolicyBook.Gpu settings =
        new PolicyBook.Gpu(library, Duration.ofSeconds(5), 7, null, false, Set.of());
    return Gpus.of(settings, InstantSource.fixed(NvmlBench.NOW), () -> 0);
  }

  @Test
  void a_host_without_gpus_by_configuration_is_known_to_have_none() {
    try (Gpus none = gpus("none")) {
      assertThat(none.inventory())
          .isEqualTo(Reading.known(new Inventory(null, List.of(), List.of())));
      assertThat(none.processes("GPU-a").why()).contains("gpu.nvml_library is none");
      assertThat(none.utilisation("GPU-a").isKnown()).isFalse();
      assertThat(none.processUtilisation("GPU-a", 0).isKnown()).isFalse();
    }
  }

  @Test
  void a_library_that_is_not_there_is_unknown_and_not_empty() {
    try (Gpus absent = gpus("libberth-no-such-driver.so.1")) {
      assertThat(absent.inventory().why()).startsWith("can't load libberth-no-such-driver.so.1");
    }
  }
}
