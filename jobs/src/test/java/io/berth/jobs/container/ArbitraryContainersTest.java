package io.berth.jobs.container;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.GpuRequests.Asked;
import io.berth.jobs.container.GpuRequests.DeviceRequest;
import io.berth.jobs.container.OwnerChain.Attribution;
import io.berth.jobs.container.UserDatabase.Answer;
import io.berth.policies.PolicyBook.Monitoring;
import io.berth.policies.PolicyBook.Ownership;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever people write into names, labels and requests: each seed is 5000 containers. */
class ArbitraryContainersTest {

  private static final int ROUNDS = 5_000;

  /** What such texts are made of: the words that mean something, and what breaks parsers. */
  private static final List<String> PIECES =
      List.of(
          "",
          " ",
          "\n",
          "\t",
          "\u0000",
          "\u001b[2J",
          "\u00a0",
          "\u202e",
          "\ud800",
          "😀",
          "ü",
          "٣",
          "ada",
          "unknown",
          "root",
          "api",
          "vscode",
          "docker",
          "yes",
          "no",
          "false",
          "0",
          "1",
          "7",
          "1000",
          "4294967296",
          "99999999999999999999",
          "-1",
          "._.",
          ".",
          "..",
          "/",
          "//",
          "/home",
          "/home/",
          "C:\\",
          "\\\\wsl$",
          "~",
          "@",
          ":",
          ",",
          "=",
          ";",
          "$(id)",
          "%s",
          "{}",
          "all",
          "none",
          "void",
          "GPU-",
          "GPU-5c89852c",
          "MIG-",
          "MIG-GPU-5c89852c/7/0",
          "0:1",
          "gpu",
          "nvidia",
          "nvidia.com/gpu=",
          "amd.com/gpu=",
          "NVIDIA_VISIBLE_DEVICES=",
          "/dev/nvidia",
          "/dev/nvidia0",
          "cdi",
          "x".repeat(300));

  private static final List<String> LABELS =
      List.of(
          "ds01.user",
          "aime.mlc.USER",
          "devcontainer.local_folder",
          "ds01.container_type",
          "ds01.interface",
          "ds01.monitoring",
          "ds01.protected",
          "com.docker.compose.project",
          "com.docker.swarm.task",
          "io.kubernetes.pod.uid",
          "");

  private static final OwnerChain OWNERS =
      new OwnerChain(
          new Ownership(
              List.of("ds01.user", "aime.mlc.USER"),
              List.of("devcontainer.local_folder"),
              List.of("/home", "/", " ", "x"),
              Pattern.compile("^(?<name>.+)\\._\\.(?<uid>[0-9]+)$")),
          ArbitraryContainersTest::nameOf);

  private static final Infrastructure INFRASTRUCTURE =
      new Infrastructure(new Monitoring("lab.keep", List.of("", "prom")), id -> false, null);

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void each_has_an_owner_that_can_be_shown_or_waits_for_the_user_database(long seed) {
    forEachContainer(
        seed,
        container -> {
          Attribution attribution = OWNERS.attribute(container);
          assertThat(OWNERS.attribute(container)).isEqualTo(attribution);
          if (attribution instanceof Attribution.Answered answered) {
            assertShowable(answered.owner());
          } else {
            assertThat(container.name()).contains("._.");
          }
        });
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void each_has_a_type_and_a_step_that_told(long seed) {
    forEachContainer(
        seed,
        container -> {
          assertThat(TypeChain.tell(container)).isEqualTo(TypeChain.tell(container));
          assertThat(TypeChain.typeOf(container)).isNotNull();
          assertThat(TypeChain.tell(container).source()).isNotBlank();
        });
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void one_label_protects_whatever_else_there_is(long seed) {
    forEachContainer(
        seed,
        container -> {
          assertThat(INFRASTRUCTURE.protection(container))
              .isEqualTo(INFRASTRUCTURE.protection(container));
          Container guarded =
              Containers.exited(container.name())
                  .labels(container.labels())
                  .label("ds01.protected", "yes")
                  .build();
          assertThat(INFRASTRUCTURE.protection(guarded)).isPresent();
        });
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void each_request_is_whole_and_the_same_when_read_again(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      Asked asked = asked(random);
      boolean countImageEnv = random.nextBoolean();

      GpuRequest request = GpuRequests.of(asked, countImageEnv);

      assertThat(GpuRequests.of(asked, countImageEnv)).as("%s", asked).isEqualTo(request);
      assertWhole(asked, request);
    }
  }

  private static void assertWhole(Asked asked, GpuRequest request) {
    switch (request.kind()) {
      case NONE -> assertThat(request).as("%s", asked).isEqualTo(GpuRequest.NONE);
      case UNPINNED -> {
        assertThat(request.devices()).as("%s", asked).isEmpty();
        assertThat(request.count()).as("%s", asked).isGreaterThanOrEqualTo(-1).isNotZero();
      }
      case PINNED -> {
        assertThat(request.count()).as("%s", asked).isZero();
        assertThat(request.devices()).as("%s", asked).isNotEmpty().doesNotHaveDuplicates();
        assertThat(request.devices()).as("%s", asked).allMatch(name -> name.matches("[\\w:/-]+"));
      }
    }
  }

  private static void assertShowable(Owner owner) {
    assertThat(owner.name())
        .isNotBlank()
        .hasSizeLessThanOrEqualTo(256)
        .isEqualTo(owner.name().strip());
    assertThat(owner.name().codePoints()).noneMatch(Character::isISOControl);
    assertThat(owner.source()).isNotBlank();
    if (owner.source().equals("none")) {
      assertThat(owner.isKnown()).isFalse();
    }
  }

  private static void forEachContainer(long seed, Consumer<Container> check) {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      check.accept(container(random));
    }
  }

  private static Container container(Random random) {
    Containers container = Containers.exited(text(random));
    for (String label : new HashSet<>(some(random, () -> label(random)))) {
      container.label(label, text(random));
    }
    return container.build();
  }

  private static String label(Random random) {
    return random.nextInt(4) == 0 ? text(random) : LABELS.get(random.nextInt(LABELS.size()));
  }

  private static Asked asked(Random random) {
    return new Asked(
        some(random, () -> deviceRequest(random)),
        random.nextInt(3) == 0 ? null : random.nextBoolean() ? "nvidia" : text(random),
        some(random, () -> variable(random)),
        some(random, () -> variable(random)),
        some(random, () -> text(random)));
  }

  private static DeviceRequest deviceRequest(Random random) {
    List<String> drivers = List.of("", "nvidia", "cdi", "amd", text(random));
    List<Integer> counts = List.of(-1, 0, 1, random.nextInt());
    return new DeviceRequest(
        drivers.get(random.nextInt(drivers.size())),
        counts.get(random.nextInt(counts.size())),
        some(random, () -> text(random)),
        some(random, () -> some(random, () -> text(random))));
  }

  private static String variable(Random random) {
    return (random.nextBoolean() ? "NVIDIA_VISIBLE_DEVICES=" : "") + text(random);
  }

  private static <T> List<T> some(Random random, Supplier<T> one) {
    return Stream.generate(one).limit(random.nextInt(4)).toList();
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(6); i > 0; i--) {
      text.append(PIECES.get(random.nextInt(PIECES.size())));
    }
    return text.toString();
  }

  /** A database that says something different, and not always something sensible, of each uid. */
  private static Answer nameOf(long uid) {
    List<Answer> answers =
        List.of(
            new Answer.Found("ada"),
            new Answer.Found(" "),
            new Answer.Found("a\nb"),
            new Answer.NoSuchUser(),
            new Answer.NoAnswer("down"));
    return answers.get((int) (uid % answers.size()));
  }
}
