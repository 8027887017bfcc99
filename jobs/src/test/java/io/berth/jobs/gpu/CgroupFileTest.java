package io.berth.jobs.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CgroupFileTest {

  private static final String A = "0123456789abcdef".repeat(4);
  private static final String B = "fedcba9876543210".repeat(4);
  private static final ProcessPlace CONTAINER_A = new ProcessPlace.Container(A);
  private static final ProcessPlace HOST = new ProcessPlace.Host();

  private static ProcessPlace other(String manager) {
    return new ProcessPlace.OtherManager(manager, A);
  }

  private static Stream<Arguments> paths() {
    String pod = "pod3c1d4a7e-0000-4a4a-8888-1234567890ab";
    return Stream.of(
        Arguments.of("/docker/" + A, CONTAINER_A),
        Arguments.of("/docker/" + A + "/init.scope", CONTAINER_A),
        Arguments.of("/system.slice/docker-" + A + ".scope", CONTAINER_A),
        Arguments.of("/system.slice/docker-" + A + ".scope/user.slice/a", CONTAINER_A),
        Arguments.of("/lab.slice/lab-gpu.slice/docker-" + A + ".scope", CONTAINER_A),
        Arguments.of("/lab/team one/" + A, CONTAINER_A),
        Arguments.of("/ecs/1b2c/" + A, CONTAINER_A),
        Arguments.of("/docker/system.slice:docker:" + A, CONTAINER_A),
        Arguments.of("/../" + A, CONTAINER_A),
        Arguments.of("/docker/" + A + " (deleted)", CONTAINER_A),
        Arguments.of(
            "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" + A + ".scope",
            CONTAINER_A),
        // Docker in Docker, both drivers, and other things within a container: the outer one.
        Arguments.of("/docker/" + A + "/docker/" + B, CONTAINER_A),
        Arguments.of("/docker/" + A + "/system.slice/docker-" + B + ".scope", CONTAINER_A),
        Arguments.of("/system.slice/docker-" + A + ".scope/docker/" + B, CONTAINER_A),
        Arguments.of("/docker/" + A + "/kubelet/kubepods/" + pod + "/" + B, CONTAINER_A),
        Arguments.of("/docker/" + A + "/libpod_parent/libpod-" + B, CONTAINER_A),
        // Other managers.
        Arguments.of("/machine.slice/libpod-" + A + ".scope/container", other("libpod")),
        Arguments.of("/machine.slice/libpod-conmon-" + A + ".scope", other("libpod-conmon")),
        Arguments.of("/libpod_parent/libpod-" + A, other("libpod")),
        Arguments.of("/user.slice/nerdctl-" + A + ".scope", other("nerdctl")),
        Arguments.of(
            "/kubepods.slice/kubepods-" + pod + ".slice/cri-containerd-" + A + ".scope",
            other("cri-containerd")),
        Arguments.of(
            "/system.slice/containerd.service/kubepods-burstable-"
                + pod
                + ".slice:cri-containerd:"
                + A,
            other("cri-containerd")),
        Arguments.of("/kubepods.slice/" + pod + "/crio-" + A + ".scope", other("crio")),
        Arguments.of("/kubepods/burstable/" + pod + "/" + A, other("kubernetes")),
        Arguments.of("/kubepods/" + pod + "/" + A + "/docker/" + B, other("kubernetes")),
        Arguments.of(
            "/kubepods.slice/kubepods-" + pod + ".slice/docker-" + A + ".scope",
            other("kubernetes")),
        // No container.
        Arguments.of("/", HOST),
        Arguments.of("/init.scope", HOST),
        Arguments.of("/system.slice/docker.service", HOST),
        Arguments.of("/system.slice/nvidia-persistenced.service", HOST),
        Arguments.of("/user.slice/user-1000.slice/session-3.scope", HOST),
        Arguments.of("/docker/buildkit/k2mvq1v4dqc1r6i5nq6v8u7c1", HOST),
        Arguments.of("/docker/" + A.substring(1), HOST),
        Arguments.of("/docker/" + A + "0", HOST),
        Arguments.of("/docker/" + A.toUpperCase(java.util.Locale.ROOT), HOST),
        Arguments.of("/docker-" + A + ".scope.d", HOST));
  }

  @ParameterizedTest
  @MethodSource("paths")
  void the_path_tells_the_container_with_cgroup_v2(String path, ProcessPlace place) {
    assertThat(CgroupFile.place("0::" + path + "\n")).isEqualTo(place);
  }

  @ParameterizedTest
  @MethodSource("paths")
  void the_path_tells_the_container_with_cgroup_v1(String path, ProcessPlace place) {
    String text =
        """
        12:devices:%1$s
        11:cpu,cpuacct:%1$s
        3:rdma:/
        2:net_cls,net_prio:%1$s
        1:name=systemd:%1$s
        """
            .formatted(path);

    assertThat(CgroupFile.place(text)).isEqualTo(place);
  }

  @Test
  void both_versions_side_by_side_agree() {
    String hybrid =
        "4:devices:/docker/%1$s\n1:name=systemd:/docker/%1$s\n0::/system.slice/containerd.service\n";

    assertThat(CgroupFile.place(hybrid.formatted(A))).isEqualTo(CONTAINER_A);
  }

  @Test
  void hierarchies_that_name_different_containers_are_unknown() {
    String text = "2:devices:/docker/" + A + "\n1:name=systemd:/docker/" + B + "\n";

    assertThat(CgroupFile.place(text)).isInstanceOf(ProcessPlace.Unknown.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "nonsense", "0:", "0::", "0::docker", "::"})
  void a_file_without_a_cgroup_is_unknown_and_not_the_host(String text) {
    assertThat(CgroupFile.place(text)).isInstanceOf(ProcessPlace.Unknown.class);
  }

  @Test
  void a_line_can_not_be_faked_by_a_carriage_return_in_a_name() {
    assertThat(CgroupFile.place("0::/docker/" + A + "/x\r0::/docker/" + B + "\n"))
        .isEqualTo(CONTAINER_A);
  }

  @Test
  void any_nesting_of_any_names_tells_the_first_id() {
    Random random = new Random(3);
    for (int run = 0; run < 20_000; run++) {
      List<String> components = new ArrayList<>();
      ProcessPlace expected = HOST;
      for (int i = random.nextInt(6); i >= 0; i--) {
        if (random.nextInt(3) > 0) {
          components.add(noise(random));
          continue;
        }
        String id = id(random);
        String form = List.of("%s", "docker-%s.scope", "a.slice:docker:%s").get(random.nextInt(3));
        components.add(form.formatted(id));
        expected = expected.equals(HOST) ? new ProcessPlace.Container(id) : expected;
      }
      String path = "/" + String.join("/", components);

      assertThat(CgroupFile.place("0::" + path)).as(path).isEqualTo(expected);
    }
  }

  @Test
  void any_bytes_give_an_answer() {
    Random random = new Random(4);
    String alphabet = "0:/abcdef-.\n\r docker" + A;
    for (int run = 0; run < 20_000; run++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(200); i > 0; i--) {
        text.append(
            random.nextInt(20) == 0
                ? (char) random.nextInt(256)
                : alphabet.charAt(random.nextInt(alphabet.length())));
      }

      assertThat(CgroupFile.place(text.toString())).isNotNull();
    }
  }

  private static String noise(Random random) {
    StringBuilder name = new StringBuilder("n");
    for (int i = random.nextInt(70); i > 0; i--) {
      name.append("abcdef0123456789.-_:@ \\x".charAt(random.nextInt(24)));
    }
    return name.append("-").toString();
  }

  private static String id(Random random) {
    StringBuilder id = new StringBuilder();
    for (int i = 0; i < 64; i++) {
      id.append("0123456789abcdef".charAt(random.nextInt(16)));
    }
    return id.toString();
  }
}
