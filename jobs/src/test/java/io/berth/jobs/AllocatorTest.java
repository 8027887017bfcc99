package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.Allocator.Answer;
import io.berth.jobs.Allocator.Request;
import io.berth.jobs.container.Containers;
import io.berth.jobs.gpu.Processes;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceState;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AllocatorTest {

  private static final String QUOTAS =
      World.ENFORCE
          + """
          defaults:
            max_gpu_equivalents: 2
            max_gpu_slots_per_container: 2
            max_containers_per_user: 3
          """;

  @TempDir Path folder;
  @TempDir Path proc;
  private World world;
  private Allocator allocator;

  @BeforeEach
  void two_gpus() {
    world = new World(folder, QUOTAS);
    world.gpus.full(2);
    world.sweepAll();
    allocator = allocator();
  }

  private Allocator allocator() {
    return new Allocator(
        world.engine, world.ledger(), world.gpus, new Processes(proc), world::now, world::book);
  }

  @AfterEach
  void close() {
    world.close();
  }

  private Answer allocate(String user, String container, int count) {
    return allocator.allocate(new Request(user, container, count, null), Mode.ENFORCE);
  }

  private Allocation allocation() {
    return world.ledger().read(tables -> tables.devices().allocation());
  }

  @Test
  void a_grant_reserves_and_a_repeat_renews_the_same() {
    Answer first = allocate("ada", "train", 1);
    world.pass(Duration.ofMinutes(20));
    Answer second = allocate("ada", "train", 1);

    assertThat(first)
        .isEqualTo(
            new Answer.Granted(List.of("GPU-0"), 1.0, World.START.plus(Duration.ofMinutes(30))));
    assertThat(second)
        .isEqualTo(
            new Answer.Granted(List.of("GPU-0"), 1.0, World.START.plus(Duration.ofMinutes(50))));
    assertThat(allocation().claims()).hasSize(1);
  }

  @Test
  void its_container_uses_up_the_reservation_and_no_other_does() {
    allocate("ada", "train", 1);
    world.engine.has(
        Containers.created("train").owner("ada")); // a set-up container that asks for no GPU
    world.sweepAll();
    assertThat(allocation().stateOf(Objects.requireNonNull(allocation().devices().get("GPU-0"))))
        .isEqualTo(DeviceState.RESERVED);

    world.engine.removed("train");
    world.engine.run(Containers.running("train").owner("ada").gpu("GPU-0"));
    world.sweepAll();

    assertThat(allocation().claims()).extracting(Claim::state).containsExactly(Claim.State.ACTIVE);
    assertThat(
            world.events().stream()
                .filter(e -> e.path("event_type").asText().equals("gpu.allocate")))
        .hasSize(1);
  }

  @Test
  void after_a_ledger_was_lost_claims_come_back_and_nothing_is_granted_for_a_while() {
    world.engine.run(Containers.running("train").owner("ada").gpu("GPU-0"));
    world.sweepAll();

    world.ledgerIsLost();
    world.sweepAll();
    world.restart(); // the next one finds a ledger that is sound
    world.sweepAll();
    allocator = allocator();

    assertThat(allocation().claims()).extracting(Claim::name).containsExactly("train");
    assertThat(allocate("bob", "next", 1))
        .isInstanceOfSatisfying(
            Answer.Refused.class,
            refused -> assertThat(refused.rule()).isEqualTo("rebuilt_ledger"));

    world.clockJumps(Duration.ofHours(1));
    world.sweepAll(); // finds it
    world.pass(Duration.ofMinutes(29));
    assertThat(allocate("bob", "next", 1)).isInstanceOf(Answer.Refused.class);
    world.pass(Duration.ofMinutes(1));
    assertThat(allocate("bob", "next", 1)).isInstanceOf(Answer.Granted.class);
  }

  @Test
  void a_reservation_that_nobody_came_for_expires() {
    allocate("ada", "train", 1);
    assertThat(world.lastEvent("gpu.allocate").path("details").path("reason").asText())
        .isEqualTo("granted");

    world.pass(Duration.ofMinutes(30));
    world.sweep(JobName.GPU_RELEASE);

    assertThat(allocation().claims()).isEmpty();
    assertThat(world.lastEvent("gpu.release").path("details").path("reason").asText())
        .isEqualTo("reservation_expired");
    assertThat(world.lastEvent("gpu.release").path("details").path("until").asText())
        .isEqualTo(world.now().toString());
  }

  @Test
  void a_reservation_renewed_or_used_up_while_others_expire_does_not() {
    allocate("ada", "first", 1);
    allocate("ada", "train", 1);
    world.pass(Duration.ofMinutes(30));

    // Right behind the transaction in which the first of them expires.
    afterTheNextEvent(() -> allocate("ada", "train", 1));
    assertThat(world.sweep(JobName.GPU_RELEASE).skipped()).isEmpty();
    assertThat(allocation().claims())
        .extracting(each -> each.name() + " " + each.state())
        .containsExactly("train RESERVED");

    allocate("ada", "first", 1);
    world.pass(Duration.ofMinutes(30));
    afterTheNextEvent(
        () -> {
          world.engine.run(Containers.running("train").owner("ada").gpu("GPU-1"));
          world.sweep(JobName.RECONCILE);
        });
    assertThat(world.sweep(JobName.GPU_RELEASE).skipped()).isEmpty();
    assertThat(allocation().claims())
        .extracting(each -> each.name() + " " + each.state())
        .containsExactly("train ACTIVE");
  }

  private void afterTheNextEvent(Runnable somethingElse) {
    world
        .ledger()
        .whenEventsAreWritten(
            () -> {
              world.ledger().whenEventsAreWritten(() -> {});
              somethingElse.run();
            });
  }

  @Test
  void somebody_else_on_a_reserved_device_is_a_conflict() {
    allocate("ada", "train", 1);

    world.engine.run(Containers.running("rude").owner("bob").gpu("GPU-0"));
    world.sweepAll();

    assertThat(world.lastEvent("gpu.conflict").path("details").path("holders").path(0).asText())
        .isEqualTo("train (ada, reserved)");
  }

  @Test
  void all_that_is_asked_for_or_nothing() {
    allocate("bob", "one", 1);

    Answer answer = allocate("ada", "two", 2);

    assertThat(answer).isInstanceOf(Answer.NothingFree.class);
    assertThat(((Answer.NothingFree) answer).words())
        .contains("1 of the 2")
        .contains("one of bob has GPU-0");
    assertThat(allocation().claims()).hasSize(1);
    assertThat(world.lastEvent("gpu.reject").path("user").asText()).isEqualTo("ada");
  }

  @Test
  void a_refusal_names_the_rule_and_the_numbers() {
    world.gpus.full(8);
    world.sweep(JobName.RECONCILE);

    assertThat(allocate("ada", "wide", 3))
        .isEqualTo(
            new Answer.Refused(
                "max_gpu_slots_per_container", "3 devices asked for, 2 allowed in one container"));
    allocate("ada", "a", 1);
    allocate("ada", "b", 1);
    Answer over = allocate("ada", "c", 1);
    assertThat(((Answer.Refused) over).rule()).isEqualTo("max_gpu_equivalents");
    assertThat(((Answer.Refused) over).words())
        .contains("2.000 in use and 1.000 asked for, 2.000 allowed")
        .contains("a has GPU-0");
  }

  @Test
  void a_user_with_as_many_containers_as_allowed_gets_no_more() {
    world.book(
        World.ENFORCE + "defaults:\n  max_gpu_equivalents: null\n  max_containers_per_user: 1\n");
    allocate("ada", "one", 1);

    assertThat(allocate("ada", "two", 1))
        .isEqualTo(
            new Answer.Refused(
                "max_containers_per_user",
                "1 containers with a device, 1 allowed: one has GPU-0 (reserved)"));
    assertThat(allocate("bob", "two", 1)).isInstanceOf(Answer.Granted.class);
  }

  @Test
  void what_a_plain_docker_run_holds_counts_for_the_quota() {
    world.gpus.full(8);
    world.engine.run(Containers.running("x").owner("ada").gpu("GPU-6", "GPU-7"));
    world.sweep(JobName.RECONCILE);

    assertThat(allocate("ada", "more", 1)).isInstanceOf(Answer.Refused.class);
  }

  @Test
  void mig_instances_go_before_full_gpus_and_full_ones_can_be_forbidden() {
    world.gpus.mig(2);
    world.sweep(JobName.RECONCILE);
    assertThat(((Answer.Granted) allocate("ada", "small", 1)).devices()).containsExactly("MIG-0");

    world.book(QUOTAS + "  allow_full_gpu: false\n");
    assertThat(((Answer.Granted) allocate("bob", "small", 1)).devices()).containsExactly("MIG-1");
    assertThat(allocate("bob", "big", 1)).isInstanceOf(Answer.NothingFree.class);
    Answer named = allocator.allocate(new Request("bob", "big", 1, "GPU-0"), Mode.ENFORCE);
    assertThat(((Answer.Refused) named).rule()).isEqualTo("allow_full_gpu");
  }

  @Test
  void two_people_with_all_gpus_and_an_exporter_leave_room_where_they_run_nothing()
      throws IOException {
    world.engine.run(Containers.running("ada").allGpus());
    world.engine.run(Containers.running("bob").allGpus());
    world.engine.run(Containers.running("dcgm").label("ds01.monitoring", "1").allGpus());
    world.sweepAll();
    world.gpus.runs("GPU-0", 77);
    Files.createDirectories(proc.resolve("77"));
    Files.writeString(proc.resolve("77/cgroup"), "0::/docker/" + Containers.idOf("ada") + "\n");

    assertThat(((Answer.Granted) allocate("eve", "train", 1)).devices()).containsExactly("GPU-1");
    assertThat(allocate("eve", "again", 1)).isInstanceOf(Answer.NothingFree.class);
  }

  @Test
  void where_nvml_can_not_say_nothing_is_granted() {
    world.engine.run(Containers.running("ada").allGpus());
    world.sweepAll();
    world.gpus.fails("hung");
    assertThat(allocate("eve", "train", 1)).isInstanceOf(Answer.NothingFree.class);

    world.engine.removed("ada");
    world.sweepAll();
    Answer answer = allocate("eve", "train", 1);
    assertThat(answer).isInstanceOf(Answer.NothingFree.class);
    assertThat(((Answer.NothingFree) answer).words())
        .contains("GPU-0 is in use: whether somebody is on it can't be told");

    world.gpus.works();
    assertThat(allocate("eve", "train", 1)).isInstanceOf(Answer.Granted.class);
  }

  @Test
  void a_device_that_comes_free_while_the_others_are_looked_at_is_looked_at_before_it_is_granted()
      throws IOException {
    world.engine.run(Containers.running("job").owner("bob").gpu("GPU-0"));
    world.sweepAll();
    world.gpus.runs("GPU-0", 77); // outlives its container, as an orphan does
    Files.createDirectories(proc.resolve("77"));
    Files.writeString(proc.resolve("77/cgroup"), "0::/docker/" + Containers.idOf("job") + "\n");
    world.gpus.whileLooking(
        () -> {
          world.engine.removed("job");
          world.sweepAll();
        });

    Answer answer = allocator.allocate(new Request("ada", "train", 1, "GPU-0"), Mode.ENFORCE);

    assertThat(((Answer.NothingFree) answer).words()).contains("GPU-0 is in use: who is on it");
    Answer again = allocator.allocate(new Request("ada", "train", 1, "GPU-0"), Mode.ENFORCE);
    assertThat(((Answer.NothingFree) again).words()).contains("process 77 runs on it");
    world.gpus.runsNoMore("GPU-0", 77);
    assertThat(allocate("ada", "train", 2)).isInstanceOf(Answer.Granted.class);
  }

  @Test
  void lost_missing_and_ceded_devices_are_not_granted() {
    world.book(QUOTAS + "gpu:\n  ceded_devices: [GPU-1]\n");
    world.gpus.isLost("GPU-0");
    world.sweep(JobName.RECONCILE);

    assertThat(allocate("ada", "train", 1)).isInstanceOf(Answer.NothingFree.class);
  }

  @Test
  void release_frees_a_reservation_and_a_hold_but_not_what_is_in_use() {
    allocate("ada", "train", 1);
    assertThat(allocator.release("train", Mode.ENFORCE))
        .isEqualTo(new Allocator.Release.Done(List.of("GPU-0")));
    world.engine.run(Containers.running("job").gpu("0"));
    world.sweepAll();

    assertThat(allocator.release("job", Mode.ENFORCE))
        .isInstanceOf(Allocator.Release.Refused.class);
    assertThat(allocator.release("nobody", Mode.ENFORCE))
        .isInstanceOf(Allocator.Release.Refused.class);

    world.engine.exits("job", 0);
    world.sweepAll();
    assertThat(allocator.release("job", Mode.ENFORCE)).isInstanceOf(Allocator.Release.Done.class);
  }

  @Test
  void release_inspects_first() {
    world.engine.run(Containers.running("job").gpu("0"));
    world.sweepAll();
    world.engine.exits("job", 0);
    world.sweepAll();

    world.engine.start("job"); // and no look since
    assertThat(allocator.release("job", Mode.ENFORCE))
        .isEqualTo(
            new Allocator.Release.Refused(
                "job is created, runs or is paused: its devices stay its own until it stops"));

    world.engine.goesDown();
    assertThat(allocator.release("job", Mode.ENFORCE))
        .isEqualTo(new Allocator.Release.Failed("job could not be inspected: nobody listens"));

    world.engine.comesUp();
    world.engine.exits("job", 0);
    world.engine.during("inspect", () -> allocator.release("job", Mode.ENFORCE));
    assertThat(allocator.release("job", Mode.ENFORCE))
        .isEqualTo(new Allocator.Release.Refused("job changed just now: ask again"));
    assertThat(allocation().claims()).isEmpty();
    assertThat(world.story("job")).filteredOn("gpu.release:done"::equals).hasSize(1);
  }

  @Test
  void two_hundred_callers_at_once_break_no_quota_and_get_no_device_twice() throws Exception {
    world.gpus.full(30);
    world.sweep(JobName.RECONCILE);
    ExecutorService callers = Executors.newFixedThreadPool(200);
    CyclicBarrier all = new CyclicBarrier(200);
    List<Future<Answer>> answers = new ArrayList<>();
    try {
      for (int i = 0; i < 200; i++) {
        String user = "user" + i % 20;
        String container = "c" + i;
        answers.add(
            callers.submit(
                () -> {
                  all.await();
                  return allocate(user, container, 1);
                }));
      }
      Set<String> granted = new HashSet<>();
      for (Future<Answer> each : answers) {
        if (each.get() instanceof Answer.Granted grant) {
          assertThat(granted.addAll(grant.devices())).as("granted twice: " + grant).isTrue();
        }
      }
      assertThat(granted).hasSize(30);
      for (int user = 0; user < 20; user++) {
        String name = "user" + user;
        assertThat(allocation().claims().stream().filter(c -> c.owner().equals(name)).count())
            .isLessThanOrEqualTo(2);
      }
    } finally {
      callers.shutdownNow();
    }
  }

  @Test
  void a_grant_survives_the_end_of_the_daemon() {
    allocate("ada", "train", 1);

    world.restart();
    allocator = allocator();

    assertThat(allocation().claims())
        .extracting(Claim::state)
        .containsExactly(Claim.State.RESERVED);
    assertThat(((Answer.Granted) allocate("bob", "other", 1)).devices()).containsExactly("GPU-1");
  }
}
