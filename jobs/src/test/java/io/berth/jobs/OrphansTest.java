package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.jobs.Allocator.Answer;
import io.berth.jobs.container.Containers;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Orphan;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes that a container left behind on a GPU: who is one, what is told, and what is ended. */
class OrphansTest {

  private static final String KILL = World.ENFORCE + "policies:\n  orphan_processes: kill\n";
  private static final int PID = 4711;
  private static final long TICKS = 99;

  @TempDir Path folder;
  private World world;
  private final List<Integer> killed = new ArrayList<>();

  @BeforeEach
  void two_gpus() {
    world = new World(folder, World.ENFORCE);
    world.killer =
        (pid, isStill) -> {
          if (!isStill.getAsBoolean()) {
            return Outcome.DROPPED;
          }
          killed.add(pid);
          return Outcome.DONE;
        };
    world.gpus.full(2);
    world.sweep(JobName.RECONCILE);
  }

  @AfterEach
  void close() {
    assertThat(world.ledger().read(tables -> tables.devices().folded(Long.MAX_VALUE)).devices())
        .isEqualTo(world.ledger().read(tables -> tables.devices().allocation()).devices());
    world.close();
  }

  /** A container had GPU-0, is removed, and a process of its own is still on the GPU. */
  private void leavesBehind(String container) {
    world.engine.run(Containers.running(container).owner("ada").gpu("0"));
    world.sweepAll();
    world.process(PID, TICKS, "python", cgroup(container));
    world.gpus.runs("GPU-0", PID);
    world.engine.removed(container);
  }

  private static String cgroup(String container) {
    return "/docker/" + Containers.idOf(container);
  }

  private List<JsonNode> told() {
    return world.events().stream()
        .filter(each -> each.path("event_type").asText().equals("gpu.orphan_process"))
        .map(each -> each.path("details"))
        .toList();
  }

  private List<Orphan> orphans() {
    return world.ledger().read(tables -> tables.findings().orphans());
  }

  private Answer allocate() {
    Allocator allocator =
        new Allocator(
            world.engine, world.ledger(), world.gpus, world.processes(), world::now, world::book);
    return allocator.allocate(new Allocator.Request("eve", "next", 1, "GPU-0"), Mode.ENFORCE);
  }

  // --- who is one

  @Test
  void it_is_told_once_shown_counted_and_keeps_its_gpu_from_being_granted() {
    leavesBehind("train");

    for (int i = 0; i < 5; i++) {
      world.sweep(JobName.GPU_RELEASE);
      world.sweep(JobName.RECONCILE);
    }

    assertThat(told()).hasSize(1);
    JsonNode told = told().get(0);
    assertThat(told.path("container").asText()).isEqualTo("train");
    assertThat(told.path("container_type").asText()).isEqualTo("docker");
    assertThat(told.path("device").asText()).isEqualTo("GPU-0");
    assertThat(told.path("pid").asInt()).isEqualTo(PID);
    assertThat(told.path("process").asText()).isEqualTo("python");
    assertThat(told.path("action").asText()).isEqualTo("report");
    assertThat(orphans()).extracting(Orphan::owner).containsExactly("ada");
    assertThat(world.tally.orphans).isEqualTo(1);
    assertThat(allocate()).isInstanceOf(Answer.NothingFree.class);
    assertThat(((Answer.NothingFree) allocate()).words()).contains("process " + PID);
    assertThat(killed).isEmpty();
  }

  @Test
  void when_it_is_gone_nothing_is_left_of_it() {
    leavesBehind("train");
    world.sweep(JobName.GPU_RELEASE);

    world.gpus.runsNoMore("GPU-0", PID);
    world.processEnds(PID);
    world.sweep(JobName.GPU_RELEASE);

    assertThat(orphans()).isEmpty();
    assertThat(world.tally.orphans).isZero();
    assertThat(allocate()).isInstanceOf(Answer.Granted.class);
  }

  @Test
  void another_process_with_its_pid_is_told_anew() {
    leavesBehind("train");
    world.sweep(JobName.GPU_RELEASE);

    world.process(PID, TICKS + 1, "python", cgroup("train"));
    world.sweep(JobName.GPU_RELEASE);

    assertThat(told()).hasSize(2);
    assertThat(orphans()).extracting(Orphan::startTicks).containsExactly(TICKS + 1);
  }

  @Test
  void it_is_told_once_over_a_restart_of_the_daemon() {
    leavesBehind("train");
    world.sweep(JobName.GPU_RELEASE);

    world.restart();
    world.sweep(JobName.GPU_RELEASE);

    assertThat(told()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/system.slice/ssh.service",
        "/machine.slice/libpod-%s.scope",
        "/kubepods/burstable/pod1/%s",
        "/docker/0000000000000000000000000000000000000000000000000000000000000000",
      })
  void a_process_of_the_host_of_another_manager_or_of_an_unknown_container_is_none(String cgroup) {
    world.book(KILL);
    leavesBehind("train");
    world.process(PID, TICKS, "python", cgroup.formatted(Containers.idOf("train")));

    world.sweep(JobName.GPU_RELEASE);

    assertThat(told()).isEmpty();
    assertThat(killed).isEmpty();
  }

  @Test
  void a_process_of_a_container_that_is_there_is_none() {
    world.book(KILL);
    world.engine.run(Containers.running("sees-all").allGpus());
    world.engine.run(Containers.running("cpu"));
    world.sweepAll();
    world.gpus.runs("GPU-0", 1);
    world.gpus.runs("GPU-0", 2);
    world.process(1, TICKS, "python", cgroup("sees-all"));
    world.process(2, TICKS, "python", cgroup("cpu"));

    world.sweep(JobName.GPU_RELEASE);

    assertThat(told()).isEmpty();
    assertThat(killed).isEmpty();
  }

  /** It is left out of the picture, and exists all the same. */
  @Test
  void a_process_of_a_container_in_hand_is_none() {
    world.book(KILL);
    world.engine.has(Containers.created("litter").gpu("1"));
    world.sweepAll();
    world.pass(Duration.ofMinutes(31));
    world.process(PID, TICKS, "python", cgroup("litter"));
    world.gpus.runs("GPU-0", PID);
    world.holdActs();
    world.sweep(JobName.CREATED_CLEANUP);

    world.sweep(JobName.GPU_RELEASE);

    assertThat(told()).isEmpty();
    assertThat(killed).isEmpty();
  }

  @Test
  void a_gpu_that_somebody_has_is_not_looked_at() {
    world.book(KILL);
    leavesBehind("train");
    world.engine.run(Containers.running("second").gpu("0"));

    world.sweep(JobName.GPU_RELEASE);

    assertThat(told()).isEmpty();
    assertThat(killed).isEmpty();
  }

  @Test
  void nvml_that_can_not_say_makes_none_and_ends_none() {
    world.book(KILL);
    leavesBehind("train");
    world.gpus.fails("hung");
    world.sweep(JobName.GPU_RELEASE);
    assertThat(told()).isEmpty();

    world.book(World.ENFORCE);
    world.gpus.works();
    world.sweep(JobName.GPU_RELEASE);
    assertThat(orphans()).hasSize(1);
    world.gpus.fails("hung");
    world.book(KILL);
    world.sweep(JobName.GPU_RELEASE);
    assertThat(orphans()).hasSize(1);
    assertThat(killed).isEmpty();

    world.gpus.works();
    world.sweep(JobName.GPU_RELEASE);
    assertThat(killed).containsExactly(PID);
  }

  @Test
  void one_on_a_gpu_that_somebody_took_meanwhile_stays_told_and_alive() {
    leavesBehind("train");
    world.sweep(JobName.GPU_RELEASE);
    world.engine.run(Containers.running("second").gpu("0"));

    world.book(KILL);
    world.sweep(JobName.GPU_RELEASE);

    assertThat(orphans()).hasSize(1);
    assertThat(killed).isEmpty();
  }

  @Test
  void containers_of_another_engine_are_not_gone_because_this_one_has_none_of_them() {
    world.book(KILL);
    world.engine.run(Containers.running("train").owner("ada").gpu("0"));
    world.sweep(JobName.RECONCILE);
    world.process(PID, TICKS, "python", cgroup("train"));
    world.gpus.runs("GPU-0", PID);

    world.restart();
    world.engine.isAnotherOne();
    for (int i = 0; i < 3; i++) {
      world.sweep(JobName.GPU_RELEASE);
    }

    assertThat(told()).isEmpty();
    assertThat(killed).isEmpty();
    assertThat(allocate()).isInstanceOf(Answer.NothingFree.class);
  }

  @Test
  void while_the_engine_does_not_answer_there_is_none() {
    world.book(KILL);
    leavesBehind("train");
    world.sweepAll();
    world.engine.goesDown();

    world.sweep(JobName.GPU_RELEASE);

    assertThat(told()).isEmpty();
    assertThat(killed).isEmpty();
  }

  // --- what is ended

  @Test
  void it_is_ended_where_that_is_configured_with_intent_and_outcome() {
    world.book(KILL);
    leavesBehind("train");

    world.sweep(JobName.GPU_RELEASE);
    world.sweep(JobName.GPU_RELEASE);

    assertThat(killed).containsExactly(PID);
    assertThat(told())
        .extracting(each -> each.path("action").asText() + ":" + each.path("outcome").asText())
        .containsExactly("report:done", "kill:done");
    List<JournalEntry> journal =
        world.journalOf("train").stream()
            .filter(each -> each.subject().equals("gpu.orphan_process"))
            .toList();
    assertThat(journal)
        .extracting(JournalEntry::kind)
        .containsExactly(
            JournalEntry.Kind.FACT, JournalEntry.Kind.INTENT, JournalEntry.Kind.OUTCOME);
    assertThat(journal.get(2).intent()).isEqualTo(journal.get(1).seq());
  }

  @Test
  void in_observe_it_is_only_told_that_it_would_be() {
    world.book(KILL);
    world.disable(true);
    leavesBehind("train");

    world.sweep(JobName.GPU_RELEASE);
    world.sweep(JobName.GPU_RELEASE);

    assertThat(killed).isEmpty();
    assertThat(told())
        .extracting(each -> each.path("action").asText() + ":" + each.path("outcome").asText())
        .containsExactly("kill:would");
  }

  @Test
  void where_the_job_alone_is_kept_in_observe_nothing_is_ended() {
    world.book(KILL.replace("safety:\n", "safety:\n  jobs: {gpu-release: observe}\n"));
    leavesBehind("train");

    world.sweep(JobName.GPU_RELEASE);
    world.sweep(JobName.RECONCILE);

    assertThat(killed).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"nvidia-persiste", "nvidia-cuda-mps", "Xorg", "Xorg.bin", "X", "nv-hostengine"})
  void a_service_of_the_driver_is_told_and_left_alone(String name) {
    world.book(KILL);
    leavesBehind("train");
    world.process(PID, TICKS, name, cgroup("train"));

    world.sweep(JobName.GPU_RELEASE);

    assertThat(killed).isEmpty();
    assertThat(told()).hasSize(1);
    assertThat(told().get(0).path("detail").asText()).contains("service of the driver");
  }

  @Test
  void a_pid_that_is_another_process_at_the_last_moment_is_spared() {
    world.book(KILL);
    leavesBehind("train");
    ProcessKiller careful = world.killer;
    world.killer =
        (pid, isStill) -> {
          world.process(PID, TICKS + 1, "sshd", "/system.slice/ssh.service");
          return careful.kill(pid, isStill);
        };
    world.restart();

    world.sweep(JobName.GPU_RELEASE);

    assertThat(killed).isEmpty();
    assertThat(told().get(1).path("outcome").asText()).isEqualTo("dropped");
    world.sweep(JobName.GPU_RELEASE);
    assertThat(orphans()).isEmpty();
  }

  @Test
  void a_kill_that_was_not_sent_is_tried_again_and_one_that_was_is_not() {
    world.book(KILL);
    leavesBehind("train");
    ProcessKiller host = world.killer;
    world.killer = (pid, isStill) -> Outcome.DROPPED;
    world.sweep(JobName.GPU_RELEASE);
    assertThat(killed).isEmpty();

    world.killer = host;
    for (int i = 0; i < 3; i++) {
      world.sweep(JobName.GPU_RELEASE);
    }
    assertThat(killed).containsExactly(PID);
  }

  @Test
  void what_a_killing_daemon_did_not_live_to_tell_is_found_out_after_its_restart() {
    world.book(KILL);
    leavesBehind("train");
    world.killer =
        (pid, isStill) -> {
          throw new IllegalStateException("the daemon ends here");
        };
    world.restart();
    world.sweep(JobName.GPU_RELEASE);
    world.gpus.runsNoMore("GPU-0", PID);
    world.processEnds(PID);

    world.restart();
    world.sweep(JobName.GPU_RELEASE);
    world.sweep(JobName.GPU_RELEASE);

    assertThat(told())
        .extracting(each -> each.path("action").asText() + ":" + each.path("outcome").asText())
        .containsExactly("report:done", "kill:done");
    assertThat(orphans()).isEmpty();
  }

  @Test
  void attempts_on_processes_are_none_on_containers() {
    world.book(KILL);
    leavesBehind("train");
    world.sweep(JobName.GPU_RELEASE);

    List<JournalEntry> lately =
        world.ledger().read(tables -> tables.intentsAround(world.now(), Duration.ofDays(30)));

    assertThat(lately).isEmpty();
  }

  // --- a real process

  @Test
  void the_host_ends_a_process_that_is_still_the_one_and_no_other() throws Exception {
    Process process = new ProcessBuilder("sleep", "60").start();
    try {
      int pid = Math.toIntExact(process.pid());
      ProcessKiller host = ProcessKiller.onHost();

      assertThat(host.kill(pid, () -> false)).isEqualTo(Outcome.DROPPED);
      assertThat(process.isAlive()).isTrue();
      assertThat(host.kill(pid, () -> true)).isEqualTo(Outcome.DONE);
      assertThat(process.waitFor()).isEqualTo(128 + 9);
      assertThat(host.kill(pid, () -> true)).isEqualTo(Outcome.DROPPED);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void this_very_process_is_never_ended() {
    int self = Math.toIntExact(ProcessHandle.current().pid());

    assertThat(ProcessKiller.onHost().kill(self, () -> true)).isEqualTo(Outcome.FAILED);
  }
}
