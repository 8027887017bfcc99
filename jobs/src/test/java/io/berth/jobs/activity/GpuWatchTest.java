package io.berth.jobs.activity;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.berth.jobs.container.Container;
import io.berth.jobs.gpu.GpuProcess.Kind;
import io.berth.jobs.gpu.Processes;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which use of a device counts for which container. */
class GpuWatchTest {

  private static final String GPU = "GPU-0";
  private static final String MIG = "MIG-1";

  @TempDir Path folder;
  private TestHost host;
  private GpuWatch watch;
  private Container ours;
  private Container theirs;
  private @Nullable HttpServer exporter;

  @BeforeEach
  void twoContainers() {
    host = new TestHost(folder);
    watch = new GpuWatch(host.gpus, new Processes(folder.resolve("proc")));
    ours = host.runs("ours");
    theirs = host.runs("theirs");
    host.process(11, ours);
    host.process(22, theirs);
  }

  @AfterEach
  void close() {
    host.close();
    if (exporter != null) {
      exporter.stop(0);
    }
  }

  private Measure use(Container container, String device) {
    return watch.look(Set.of(device), url()).use(container.id(), Set.of(device));
  }

  private @Nullable String url() {
    return exporter == null
        ? null
        : "http://127.0.0.1:" + exporter.getAddress().getPort() + "/metrics";
  }

  private void exports(int status, String body) throws IOException {
    exporter = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    exporter.createContext(
        "/metrics",
        exchange -> {
          byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, bytes.length);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
          }
        });
    exporter.start();
  }

  @Test
  void a_device_that_nobody_used_since_is_idle() {
    assertThat(use(ours, GPU)).isEqualTo(Measure.known(0));
  }

  @Test
  void all_samples_since_the_last_look_count_once() {
    host.gpus.uses(GPU, 11, 70);
    host.gpus.uses(GPU, 11, 3);
    GpuLook look = watch.look(Set.of(GPU), null);
    watch.keep(look, host.now);

    assertThat(look.use(ours.id(), Set.of(GPU))).isEqualTo(Measure.known(70));
    assertThat(use(ours, GPU)).isEqualTo(Measure.known(0));
  }

  @Test
  void a_process_that_ended_is_where_it_was_seen_before() {
    host.gpus.runs(GPU, 22);
    watch.keep(watch.look(Set.of(GPU), null), host.now);
    host.gpus.uses(GPU, 22, 80);
    host.gpus.ends(GPU, 22);
    host.endsProcess(22);

    assertThat(use(theirs, GPU)).isEqualTo(Measure.known(80));
    assertThat(use(ours, GPU)).isEqualTo(Measure.known(0));
  }

  @Test
  void a_process_that_nobody_saw_counts_for_all_who_may_use_the_device() {
    host.gpus.uses(GPU, 4711, 80);

    assertThat(use(theirs, GPU)).isEqualTo(Measure.known(80));
    assertThat(use(ours, GPU)).isEqualTo(Measure.known(80));
  }

  @Test
  void what_the_mps_server_does_counts_for_its_clients() {
    host.write("proc/33/cgroup", "0::/system.slice/mps.service\n");
    host.gpus.runs(GPU, 11, Kind.MPS_CLIENT, null);
    host.gpus.uses(GPU, 33, 40);

    assertThat(use(ours, GPU)).isEqualTo(Measure.known(40));
    assertThat(use(theirs, GPU)).isEqualTo(Measure.known(0));
  }

  /** Who is on the device, where processes have no samples: ours, theirs, or a host's process. */
  @ParameterizedTest
  @CsvSource({
    "'',      KNOWN,   0",
    "11,      KNOWN,   55",
    "22,      KNOWN,   0",
    "11 22,   UNKNOWN, 0",
    "11 4711, UNKNOWN, 0",
    "4711,    UNKNOWN, 0",
  })
  void without_samples_the_device_counts_for_who_is_alone_on_it(
      String pids, Measure.State state, double percent) {
    host.gpus.withoutSamples = true;
    host.gpus.wholeDevice(GPU, 55);
    for (String each : pids.split(" ", -1)) {
      if (!each.isEmpty()) {
        host.gpus.runs(GPU, Integer.parseInt(each));
      }
    }

    Measure use = use(ours, GPU);
    assertThat(use.state()).as(use.why()).isEqualTo(state);
    assertThat(use.value()).isEqualTo(percent);
  }

  @Test
  void memory_is_that_of_its_own_processes_and_unknown_where_one_does_not_tell() {
    host.gpus.runs(GPU, 11, Kind.COMPUTE, 100L);
    host.gpus.runs(GPU, 22, Kind.COMPUTE, null);
    GpuLook look = watch.look(Set.of(GPU), null);

    assertThat(look.memory(ours.id(), Set.of(GPU))).isEqualTo(100);
    assertThat(look.memory(theirs.id(), Set.of(GPU))).isNull();
  }

  // --- MIG

  @Test
  void a_mig_instance_without_an_exporter_is_unknown_while_somebody_is_on_it() {
    host.gpus.mig(MIG, 7);
    assertThat(use(ours, MIG)).isEqualTo(Measure.known(0));
    host.gpus.runs(MIG, 11);

    assertThat(use(ours, MIG).isUnknown()).isTrue();
    assertThat(use(ours, MIG).why()).contains("gpu.dcgm_exporter");
    assertThat(host.activity.blindSpots()).singleElement().asString().contains("gpu.dcgm_exporter");
  }

  @Test
  void a_mig_instance_is_as_busy_as_the_exporter_says() throws IOException {
    exports(
        200,
        """
        # HELP DCGM_FI_PROF_GR_ENGINE_ACTIVE Ratio of time the graphics engine is active.
        # TYPE DCGM_FI_PROF_GR_ENGINE_ACTIVE gauge
        DCGM_FI_PROF_GR_ENGINE_ACTIVE{gpu="0",UUID="GPU-9",GPU_I_PROFILE="1g.5gb",GPU_I_ID="7",modelName="a \\"b\\" {c}"} 0.25
        DCGM_FI_PROF_GR_ENGINE_ACTIVE{gpu="0",UUID="GPU-9",GPU_I_PROFILE="1g.5gb",GPU_I_ID="8"} 0.99 1700000000000
        DCGM_FI_PROF_GR_ENGINE_ACTIVE{gpu="1",UUID="GPU-8",GPU_I_PROFILE="1g.5gb",GPU_I_ID="7"} 0.75
        DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-9",GPU_I_ID="7"} 98
        """);
    host.gpus.mig(MIG, 7);
    host.gpus.runs(MIG, 11);

    assertThat(use(ours, MIG)).isEqualTo(Measure.known(25));
    assertThat(use(theirs, MIG)).isEqualTo(Measure.known(0));
  }

  @Test
  void a_label_of_any_length_does_no_harm() throws IOException {
    String value = "a\\\\\\\"".repeat(50_000) + "b".repeat(200_000);
    exports(
        200,
        "DCGM_FI_PROF_GR_ENGINE_ACTIVE{x=\"%s\",UUID=\"GPU-9\",GPU_I_ID=\"7\"} 0.25\n"
            .formatted(value));
    host.gpus.mig(MIG, 7);
    host.gpus.runs(MIG, 11);

    assertThat(use(ours, MIG)).isEqualTo(Measure.known(25));
  }

  @ParameterizedTest
  @CsvSource({
    "500, 'DCGM_FI_PROF_GR_ENGINE_ACTIVE{UUID=\"GPU-9\",GPU_I_ID=\"7\"} 0'",
    "200, ''",
    "200, 'DCGM_FI_PROF_GR_ENGINE_ACTIVE{UUID=\"GPU-9\",GPU_I_ID=\"7\"} NaN'",
    "200, 'DCGM_FI_PROF_GR_ENGINE_ACTIVE{UUID=\"GPU-9\",GPU_I_ID=\"7\"} x'",
    "200, 'DCGM_FI_PROF_GR_ENGINE_ACTIVE{UUID=\"GPU-9\"} 0'",
  })
  void an_exporter_that_does_not_tell_is_unknown_and_not_idle(int status, String body)
      throws IOException {
    exports(status, body);
    host.gpus.mig(MIG, 7);
    host.gpus.runs(MIG, 11);

    assertThat(use(ours, MIG).isUnknown()).isTrue();
  }

  @Test
  void an_exporter_that_is_not_there_is_unknown() throws IOException {
    exports(200, "");
    String gone = url();
    if (exporter != null) {
      exporter.stop(0);
    }
    host.gpus.mig(MIG, 7);
    host.gpus.runs(MIG, 11);

    Measure use = watch.look(Set.of(MIG), gone).use(ours.id(), Set.of(MIG));
    assertThat(use.isUnknown()).isTrue();
    assertThat(use.why()).contains("/metrics", "check the dcgm-exporter");
  }
}
