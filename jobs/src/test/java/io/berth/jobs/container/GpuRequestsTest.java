package io.berth.jobs.container;

import static io.berth.jobs.container.GpuRequest.NONE;
import static io.berth.jobs.container.GpuRequest.unpinned;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.berth.jobs.container.GpuRequests.Asked;
import io.berth.jobs.container.GpuRequests.DeviceRequest;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GpuRequestsTest {

  private static final String UUID = "GPU-5c89852c-d268-c3f3-1b07-005d5ae1dc3f";
  private static final String MIG = "MIG-1f2e3d4c-0000-5a6b-9c8d-7e6f5a4b3c2d";
  private static final String OLD_MIG = "MIG-" + UUID + "/7/0";
  private static final String BUS_ID = "00000000:3B:00.0";
  private static final List<List<String>> GPU = List.of(List.of("gpu"));
  private static final GpuRequest ALL = unpinned(GpuRequest.ALL);

  static Stream<Arguments> device_requests() {
    return Stream.of(
        arguments("--gpus all", request("", -1, List.of(), GPU), ALL),
        arguments("--gpus 1 is unpinned", request("", 1, List.of(), GPU), unpinned(1)),
        arguments("--gpus 3", request("nvidia", 3, List.of(), GPU), unpinned(3)),
        arguments("--gpus 0", request("", 0, List.of(), GPU), NONE),
        arguments("any negative count", request("", -7, List.of(), GPU), ALL),
        arguments("an index", request("", 0, List.of("2"), GPU), pinned("2")),
        arguments("a UUID", request("", 0, List.of(UUID), GPU), pinned(UUID)),
        arguments("its beginning", request("", 0, List.of("GPU-5c8"), GPU), pinned("GPU-5c8")),
        arguments("a MIG index", request("", 0, List.of("0:1"), GPU), pinned("0:1")),
        arguments("a MIG UUID", request("", 0, List.of(MIG), GPU), pinned(MIG)),
        arguments("a bus id", request("", 0, List.of(BUS_ID), GPU), pinned(BUS_ID)),
        arguments("the old form", request("", 0, List.of(OLD_MIG), GPU), pinned(OLD_MIG)),
        arguments("a list", request("", 0, List.of("1", " 0 ", "1"), GPU), pinned("1", "0")),
        arguments("ids beat a count", request("", 2, List.of("1"), GPU), pinned("1")),
        arguments("device=all", request("nvidia", 0, List.of("all"), GPU), ALL),
        arguments("device=none", request("nvidia", 0, List.of("none"), GPU), NONE),
        arguments("no capability", request("nvidia", 0, List.of("1"), List.of()), pinned("1")),
        arguments("utility alone", request("", -1, List.of(), caps("utility")), ALL),
        arguments(
            "gpu and compute", request("", 1, List.of(), caps("gpu", "compute")), unpinned(1)),
        arguments("cdi", request("cdi", 0, List.of("nvidia.com/gpu=0"), List.of()), pinned("0")),
        arguments("cdi all", request("cdi", 0, List.of("nvidia.com/gpu=all"), GPU), ALL),
        arguments(
            "cdi UUID", request("cdi", 0, List.of("nvidia.com/gpu=" + UUID), GPU), pinned(UUID)),
        arguments("cdi MIG", request("cdi", 0, List.of("nvidia.com/gpu=0:1"), GPU), pinned("0:1")),
        arguments("cdi types", request("cdi", 0, List.of("nvidia.com/gpu=gpu3"), GPU), pinned("3")),
        arguments(
            "cdi MIG types",
            request("cdi", 0, List.of("nvidia.com/gpu=mig1:2"), GPU),
            pinned("1:2")),
        arguments(
            "cdi of two vendors",
            request("cdi", 0, List.of("amd.com/gpu=1", "nvidia.com/gpu=0"), List.of()),
            pinned("0")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("device_requests")
  void a_device_request_asks(String what, DeviceRequest request, GpuRequest expected) {
    assertThat(of(request)).as(what).isEqualTo(expected);
  }

  static Stream<DeviceRequest> requests_of_other_vendors() {
    return Stream.of(
        request("amd", -1, List.of(), GPU),
        request("cdi", 0, List.of("amd.com/gpu=0"), GPU),
        request("cdi", 0, List.of("vendor.com/net=nvidia.com/gpu=0"), GPU),
        request("cdi", 0, List.of("0"), GPU),
        request("", -1, List.of(), caps("tpu")),
        request("", -1, List.of(), caps("gpu", "amd")),
        request("", -1, List.of(), List.of()),
        request("NVIDIA", -1, List.of(), GPU));
  }

  @ParameterizedTest
  @MethodSource("requests_of_other_vendors")
  void a_device_request_of_another_vendor_is_none(DeviceRequest request) {
    assertThat(of(request)).isEqualTo(NONE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "none",
        "void",
        "-1",
        "0-3",
        "0:",
        ":1",
        "0:1:2:3",
        "0000:3b:00.8",
        "0000:3g:00.0",
        "000000000:3b:00.0",
        "12345678901234567890",
        "GPU-",
        "MIG-",
        "GPU-5c8/7/0/1",
        "GPU-5c8;rm",
        "cpu",
        "gpu",
        "nvidia.com/gpu=",
        "nvidia.com/gpu",
        "٣",
        "0\n1",
        "/var/run/nvidia-container-devices"
      })
  void a_piece_that_is_no_device_name_is_as_good_as_not_there(String piece) {
    assertThat(of(request("", 0, List.of(piece), GPU))).isEqualTo(NONE);
    assertThat(of(request("", 0, List.of(piece, "4"), GPU))).isEqualTo(pinned("4"));
    assertThat(env("nvidia", piece)).isEqualTo(NONE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "all                       | UNPINNED | ''",
        "none                      | NONE     | ''",
        "void                      | NONE     | ''",
        "''                        | NONE     | ''",
        "','                       | NONE     | ''",
        "0                         | PINNED   | 0",
        "0,2, 2,                   | PINNED   | 0 2",
        "0:1,1:0                   | PINNED   | 0:1 1:0",
        "GPU-5c89852c,MIG-1f2e3d4c | PINNED   | GPU-5c89852c MIG-1f2e3d4c",
        "MIG-GPU-5c89852c-d268/7/0 | PINNED   | MIG-GPU-5c89852c-d268/7/0",
        "0000:3b:00.0,a:1:2,0      | PINNED   | 0000:3b:00.0 a:1:2 0",
        "nvidia.com/gpu=1          | PINNED   | 1",
        "runtime.nvidia.com/gpu=1  | PINNED   | 1",
        "all,0                     | UNPINNED | ''",
      })
  void the_variable_asks(String value, GpuRequest.Kind kind, String devices) {
    GpuRequest request = env("nvidia", value);

    assertThat(request.kind()).isEqualTo(kind);
    assertThat(String.join(" ", request.devices())).isEqualTo(devices);
  }

  @ParameterizedTest
  @CsvSource({"runc", "io.containerd.runc.v2", "crun", "nvidiaish", "''", ","})
  void the_variable_does_not_count_without_the_nvidia_runtime(@Nullable String runtime) {
    assertThat(env(runtime, "0")).isEqualTo(NONE);
  }

  @Test
  void the_runtimes_that_the_toolkit_registers_are_nvidia_runtimes() {
    assertThat(env("nvidia-cdi", "0")).isEqualTo(pinned("0"));
    assertThat(env("nvidia-legacy", "0")).isEqualTo(pinned("0"));
  }

  @Test
  void the_variable_that_came_with_the_image_does_not_count_unless_configured() {
    Asked asked = asked(List.of(), "nvidia", List.of(visible("all")), List.of(visible("all")));

    assertThat(GpuRequests.of(asked, false)).isEqualTo(NONE);
    assertThat(GpuRequests.of(asked, true)).isEqualTo(ALL);
  }

  @Test
  void the_variable_that_somebody_set_over_the_images_counts() {
    Asked asked =
        asked(List.of(), "nvidia", List.of("PATH=/", visible("1")), List.of(visible("all")));

    assertThat(GpuRequests.of(asked, false)).isEqualTo(pinned("1"));
  }

  @Test
  void of_a_variable_set_twice_the_last_counts() {
    Asked asked = asked(List.of(), "nvidia", List.of(visible("1"), visible("2")), List.of());

    assertThat(GpuRequests.of(asked, false)).isEqualTo(pinned("2"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"NVIDIA_VISIBLE_DEVICES", "XNVIDIA_VISIBLE_DEVICES=0", "", "=", "=0"})
  void other_lines_of_the_environment_say_nothing(String line) {
    assertThat(GpuRequests.of(asked(List.of(), "nvidia", List.of(line), List.of()), true))
        .isEqualTo(NONE);
  }

  @Test
  void device_requests_beat_the_variable() {
    DeviceRequest one = request("", 1, List.of(), GPU);
    Asked asked = asked(List.of(one), "nvidia", List.of(visible("3")), List.of());

    assertThat(GpuRequests.of(asked, false)).isEqualTo(unpinned(1));
  }

  @Test
  void a_device_request_for_none_beats_the_variable_too() {
    DeviceRequest none = request("nvidia", 0, List.of("none"), GPU);
    Asked asked = asked(List.of(none), "nvidia", List.of(visible("3")), List.of());

    assertThat(GpuRequests.of(asked, false)).isEqualTo(NONE);
  }

  @Test
  void a_request_that_says_nothing_brings_the_hook_that_reads_the_variable() {
    DeviceRequest zero = request("", 0, List.of(), GPU);
    Asked asked = asked(List.of(zero), "runc", List.of(visible("3")), List.of());

    assertThat(GpuRequests.of(asked, false)).isEqualTo(pinned("3"));
  }

  @Test
  void a_request_of_another_vendor_leaves_the_variable_its_say() {
    DeviceRequest other = request("amd", -1, List.of(), GPU);
    Asked asked = asked(List.of(other), "nvidia", List.of(visible("3")), List.of());

    assertThat(GpuRequests.of(asked, false)).isEqualTo(pinned("3"));
  }

  @Test
  void several_requests_add_up() {
    assertThat(of(request("", 1, List.of(), GPU), request("", 2, List.of(), GPU)))
        .isEqualTo(unpinned(3));
    assertThat(of(request("", 0, List.of("0"), GPU), request("nvidia", 0, List.of("1"), GPU)))
        .isEqualTo(pinned("0", "1"));
    assertThat(of(request("", Integer.MAX_VALUE, List.of(), GPU), request("", 2, List.of(), GPU)))
        .isEqualTo(unpinned(Integer.MAX_VALUE));
  }

  @Test
  void all_covers_every_name_and_a_name_beats_a_count() {
    DeviceRequest all = request("", -1, List.of(), GPU);
    DeviceRequest count = request("", 2, List.of(), GPU);
    DeviceRequest name = request("", 0, List.of("1"), GPU);

    assertThat(of(name, all)).isEqualTo(ALL);
    assertThat(of(count, name)).isEqualTo(pinned("1"));
  }

  @ParameterizedTest
  @CsvSource({"/dev/nvidia0,0", "/dev/nvidia15,15"})
  void a_device_path_pins_its_index(String path, String index) {
    assertThat(paths(path)).isEqualTo(pinned(index));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-modeset",
        "/dev/nvidia-caps/nvidia-cap1", "/dev/nvidia", "/dev/nvidia0x", "/tmp/dev/nvidia0",
        "/dev/dri/card0", "nvidia0", ""
      })
  void other_device_paths_say_nothing(String path) {
    assertThat(paths(path)).isEqualTo(NONE);
  }

  @Test
  void device_paths_are_added_to_what_else_is_named() {
    Asked asked =
        new Asked(
            List.of(request("", 0, List.of("1"), GPU)),
            null,
            List.of(),
            List.of(),
            List.of("/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia1"));

    assertThat(GpuRequests.of(asked, false)).isEqualTo(pinned("1", "0"));
  }

  @Test
  void who_asks_for_nothing_gets_none() {
    assertThat(GpuRequests.of(asked(List.of(), null, List.of(), List.of()), true)).isEqualTo(NONE);
  }

  private static GpuRequest of(DeviceRequest... requests) {
    return GpuRequests.of(asked(List.of(requests), "runc", List.of(), List.of()), false);
  }

  private static GpuRequest env(@Nullable String runtime, String value) {
    return GpuRequests.of(asked(List.of(), runtime, List.of(visible(value)), List.of()), false);
  }

  private static GpuRequest paths(String... paths) {
    return GpuRequests.of(new Asked(List.of(), null, List.of(), List.of(), List.of(paths)), false);
  }

  private static Asked asked(
      List<DeviceRequest> requests,
      @Nullable String runtime,
      List<String> env,
      List<String> imageEnv) {
    return new Asked(requests, runtime, env, imageEnv, List.of());
  }

  private static DeviceRequest request(
      String driver, int count, List<String> ids, List<List<String>> capabilities) {
    return new DeviceRequest(driver, count, ids, capabilities);
  }

  private static List<List<String>> caps(String... together) {
    return List.of(List.of(together));
  }

  private static String visible(String value) {
    return "NVIDIA_VISIBLE_DEVICES=" + value;
  }

  private static GpuRequest pinned(String... devices) {
    return GpuRequest.pinned(List.of(devices));
  }
}
