package io.berth.jobs.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NvmlInventoryTest {

  @TempDir Path dir;
  private NvmlBench bench;

  @BeforeEach
  void open() throws IOException {
    bench = new NvmlBench(dir);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  @Test
  void a_full_gpu_is_read_with_all_that_is_shown_of_it() {
    bench.fake.state(
        "driver 550.90.07", "gpu GPU-a mem=81559 bus=10000:3B:1f.0 name=NVIDIA A100-SXM4-80GB");

    Inventory inventory = bench.inventory();

    assertThat(inventory.driverVersion()).isEqualTo("550.90.07");
    assertThat(inventory.unnamed()).isEmpty();
    assertThat(inventory.devices())
        .containsExactly(
            new Device(
                "GPU-a",
                "0",
                "NVIDIA A100-SXM4-80GB",
                81559L << 20,
                null,
                7,
                1.0,
                Device.Health.OK,
                null,
                new BusId(0x10000, 0x3b, 0x1f)));
  }

  @Test
  void instances_are_the_devices_of_a_gpu_in_mig_mode() {
    bench.fake.state(
        "gpu GPU-a",
        "gpu GPU-b mem=81920 bus=0000:65:00.0 mig name=NVIDIA H100",
        "mig MIG-1 GPU-b 3g.40gb mem=40192 slot=1",
        "mig MIG-2 GPU-b 1c.2g.20gb mem=19968 slot=4");

    assertThat(bench.uuids()).containsExactly("GPU-a", "MIG-1", "MIG-2");
    Device three = bench.inventory().device("MIG-1").orElseThrow();
    assertThat(three.index()).isEqualTo("1:1");
    assertThat(three.parent()).isEqualTo("GPU-b");
    assertThat(three.busId()).hasToString("00000000:65:00.0");
    assertThat(three.migProfile()).isEqualTo("3g.40gb");
    assertThat(three.memoryBytes()).isEqualTo(40192L << 20);
    assertThat(three.computeSlices()).isEqualTo(3);
    assertThat(three.gpueq()).isCloseTo(3.0 / 7, within(1e-9));
    Device part = bench.inventory().device("MIG-2").orElseThrow();
    assertThat(part.index()).isEqualTo("1:4");
    assertThat(part.computeSlices()).isEqualTo(1);
    assertThat(part.gpueq()).isCloseTo(1.0 / 7, within(1e-9));
  }

  /** Profiles and sizes as nvidia-smi lists them (NVIDIA MIG User Guide). */
  @ParameterizedTest
  @CsvSource({
    "40960, 1g.5gb, 4864",
    "40960, 2g.10gb, 9856",
    "40960, 3g.20gb, 19968",
    "40960, 7g.40gb, 40192",
    "81920, 1g.10gb, 9728",
    "81920, 1g.20gb, 19968",
    "81920, 4g.40gb, 40192",
    "81920, 1c.3g.40gb, 40192",
    "24576, 2g.12gb, 11968"
  })
  void a_profile_that_is_not_in_the_name_is_told_from_the_attributes(
      long gpuMemory, String profile, long memory) {
    bench.fake.state(
        "gpu GPU-a mig plain mem=" + gpuMemory, "mig MIG-1 GPU-a " + profile + " mem=" + memory);

    Device device = bench.inventory().device("MIG-1").orElseThrow();

    assertThat(device.name()).doesNotContain("MIG");
    assertThat(device.migProfile()).isEqualTo(profile);
  }

  @Test
  void a_gpu_in_mig_mode_without_instances_is_no_device() {
    bench.fake.state("gpu GPU-a mig");

    assertThat(bench.uuids()).isEmpty();
  }

  @Test
  void a_host_without_gpus_is_known_to_have_none() {
    bench.fake.state("driver 550.54.15");

    assertThat(bench.inventory().devices()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"NVIDIA GPU ™ – Ünïcödé", "図形処理装置 80GB", "🚢 berth"})
  void names_may_be_of_any_script(String name) {
    bench.fake.state("gpu GPU-a name=" + name);

    assertThat(bench.inventory().devices().get(0).name()).isEqualTo(name);
  }

  @Test
  void a_new_partition_is_seen_at_the_next_reading() {
    bench.fake.state("gpu GPU-a mig", "mig MIG-1 GPU-a 7g.80gb");
    assertThat(bench.uuids()).containsExactly("MIG-1");

    bench.fake.state("gpu GPU-a mig", "mig MIG-2 GPU-a 3g.40gb", "mig MIG-3 GPU-a 3g.40gb");
    assertThat(bench.uuids()).containsExactly("MIG-2", "MIG-3");

    bench.fake.state("gpu GPU-a");
    assertThat(bench.uuids()).containsExactly("GPU-a");
  }

  @Test
  void a_lost_gpu_keeps_its_name_and_costs_the_others_nothing() {
    bench.fake.state("gpu GPU-a", "gpu GPU-b name=B", "gpu GPU-c");
    assertThat(bench.uuids()).hasSize(3);

    bench.fake.state("gpu GPU-a", "gpu GPU-b lost name=B", "gpu GPU-c");

    Inventory inventory = bench.inventory();
    assertThat(bench.uuids()).containsExactly("GPU-a", "GPU-b", "GPU-c");
    Device lost = inventory.device("GPU-b").orElseThrow();
    assertThat(lost.health().state()).isEqualTo(Device.State.LOST);
    assertThat(lost.health().words()).contains("GPU is lost (15)").contains("dmesg");
    assertThat(lost.name()).isEqualTo("B");
    assertThat(lost.busId()).hasToString("00000000:02:00.0");
    assertThat(inventory.device("GPU-c").orElseThrow().health()).isEqualTo(Device.Health.OK);
  }

  @Test
  void a_lost_gpu_in_mig_mode_loses_its_instances() {
    bench.fake.state("gpu GPU-a", "gpu GPU-b mig", "mig MIG-1 GPU-b 3g.40gb");
    assertThat(bench.uuids()).hasSize(2);

    bench.fake.state("gpu GPU-a", "gpu GPU-b mig lost", "mig MIG-1 GPU-b 3g.40gb");

    Device lost = bench.inventory().device("MIG-1").orElseThrow();
    assertThat(lost.health().isLost()).isTrue();
    assertThat(lost.migProfile()).isEqualTo("3g.40gb");
  }

  @Test
  void a_gpu_that_was_lost_before_it_was_ever_read_is_told_in_words() {
    bench.fake.state("gpu GPU-a", "gpu GPU-b lost");

    Inventory inventory = bench.inventory();

    assertThat(inventory.devices()).extracting(Device::uuid).containsExactly("GPU-a");
    assertThat(inventory.unnamed()).singleElement().asString().contains("index 1", "GPU is lost");
  }

  @Test
  void a_gpu_that_fails_after_it_told_its_uuid_is_lost_under_it() {
    bench.fake.state("gpu GPU-a", "gpu GPU-b", "error nvmlDeviceGetMemoryInfo 999 GPU-b");

    Device device = bench.inventory().device("GPU-b").orElseThrow();

    assertThat(device.health().words()).contains("nvmlDeviceGetMemoryInfo: Unknown Error (999)");
    assertThat(bench.inventory().device("GPU-a").orElseThrow().health().isLost()).isFalse();
  }

  @Test
  void an_instance_that_fails_costs_itself_only() {
    bench.fake.state(
        "gpu GPU-a mig",
        "mig MIG-1 GPU-a 3g.40gb",
        "mig MIG-2 GPU-a 3g.40gb",
        "error nvmlDeviceGetName 999 MIG-1");

    assertThat(bench.inventory().device("MIG-1").orElseThrow().health().isLost()).isTrue();
    assertThat(bench.inventory().device("MIG-2").orElseThrow().health().isLost()).isFalse();
  }

  @Test
  void the_only_gpu_stays_listed_while_it_is_lost_and_comes_back_by_itself() {
    bench.fake.state("gpu GPU-a");
    assertThat(bench.uuids()).containsExactly("GPU-a");

    bench.fake.state("gpu GPU-a lost");
    assertThat(bench.inventory().devices().get(0).health().isLost()).isTrue();
    assertThat(bench.inventory().devices().get(0).health().isLost()).isTrue();

    bench.fake.state("gpu GPU-a");
    assertThat(bench.inventory().devices().get(0).health()).isEqualTo(Device.Health.OK);
  }

  @Test
  void nothing_but_gpus_that_can_not_be_named_is_unknown_and_not_empty() {
    bench.fake.state("gpu GPU-a lost");

    assertThat(bench.gpus.inventory().why()).contains("GPU is lost");
  }

  @Test
  void indexes_that_moved_do_not_name_a_lost_gpu() {
    bench.fake.state("gpu GPU-a", "gpu GPU-b", "gpu GPU-c");
    assertThat(bench.uuids()).hasSize(3);

    bench.fake.state("gpu GPU-a", "gpu GPU-c lost"); // B was removed: C is at B's index

    Inventory inventory = bench.inventory();
    assertThat(inventory.devices()).extracting(Device::uuid).containsExactly("GPU-a");
    assertThat(inventory.unnamed()).hasSize(1);
  }

  @Test
  void a_gpu_that_came_or_went_is_seen_although_nvml_enumerates_at_its_start() throws IOException {
    Files.createFile(bench.driverGpus.resolve("0000:17:00.0"));
    bench.fake.state("enumerate init", "gpu GPU-a");
    assertThat(bench.uuids()).containsExactly("GPU-a");

    bench.fake.state("enumerate init", "gpu GPU-a", "gpu GPU-b");
    assertThat(bench.uuids()).containsExactly("GPU-a");
    Files.createFile(bench.driverGpus.resolve("0000:65:00.0"));
    assertThat(bench.uuids()).containsExactly("GPU-a", "GPU-b");

    bench.fake.state("enumerate init", "gpu GPU-b");
    assertThat(bench.inventory().device("GPU-a").orElseThrow().health().isLost()).isTrue();
    Files.delete(bench.driverGpus.resolve("0000:17:00.0"));
    assertThat(bench.uuids()).containsExactly("GPU-b");
  }
}
