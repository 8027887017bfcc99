package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import io.berth.jobs.container.GpuRequest;
import io.berth.jobs.container.UserDatabase;
import io.berth.jobs.engine.Engine.ActResult;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.ledger.DeviceRow;
import io.berth.jobs.ledger.DeviceState;
import io.berth.jobs.ledger.DeviceTables;
import io.berth.jobs.ledger.DeviceTables.Allocation;
import io.berth.jobs.ledger.Tables;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What DESIGN section 3 says of devices, a sentence a test; after each the journal must fold to the
 * state.
 */
class DevicesTest {

  @TempDir Path folder;
  private World world;

  @BeforeEach
  void two_gpus() {
    world = new World(folder, World.ENFORCE);
    world.gpus.full(2);
    world.sweepAll();
  }

  @AfterEach
  void the_journal_folds_to_the_state() {
    Allocation state = world.ledger().read(tables -> tables.devices().allocation());
    Allocation folded = world.ledger().read(tables -> tables.devices().folded(DeviceTables.ALL));
    assertThat(folded.devices()).isEqualTo(state.devices());
    assertThat(withoutTimes(folded)).isEqualTo(withoutTimes(state));
    world.close();
  }

  private static Map<String, String> withoutTimes(Allocation allocation) {
    Map<String, String> claims = new TreeMap<>();
    for (Claim each : allocation.claims()) {
      claims.put(
          each.device() + " " + each.holder(),
          each.name() + each.owner() + each.type() + each.state());
    }
    return claims;
  }

  private DeviceState stateOf(String uuid) {
    Allocation allocation = world.ledger().read(tables -> tables.devices().allocation());
    DeviceRow device = allocation.devices().get(uuid);
    return device == null ? DeviceState.MISSING : allocation.stateOf(device);
  }

  private String lastReason(String type) {
    return world.lastEvent(type).path("details").path("reason").asText();
  }

  private List<String> gpuStory(String name) {
    return world.story(name).stream().filter(each -> each.startsWith("gpu.")).toList();
  }

  @Test
  void a_created_container_has_the_device_it_names() {
    world.engine.has(Containers.created("new").gpu("GPU-1"));

    world.sweepAll();

    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.FREE);
    assertThat(stateOf("GPU-1")).isEqualTo(DeviceState.ACTIVE);
    assertThat(gpuStory("new")).containsExactly("gpu.allocate:done");
    assertThat(lastReason("gpu.allocate")).isEqualTo("container_created");
  }

  @Test
  void an_index_is_looked_up_and_its_uuid_kept() {
    world.engine.run(Containers.running("train").gpu("1"));
    world.sweepAll();

    world.gpus.vanishes("GPU-0"); // what was 1 would be 0 after a reboot
    world.sweep(JobName.RECONCILE);

    assertThat(stateOf("GPU-1")).isEqualTo(DeviceState.ACTIVE);
  }

  @Test
  void a_uuid_counts_in_any_case_and_by_its_beginning() {
    world.gpus.has("GPU-5f2a0000", "GPU-5f2b0000", "GPU-77770000");
    world.sweep(JobName.RECONCILE);
    world.engine.has(Containers.created("short").gpu("GPU-777"));
    world.sweepAll();
    assertThat(devicesOf("short")).containsExactly("GPU-77770000");

    world.engine.has(Containers.created("upper").gpu("gpu-5F2A0000"));
    world.engine.has(Containers.created("either").gpu("GPU-5f2"));
    world.gpus.fails("hung"); // what the ledger knows needs no NVML
    world.sweepAll();
    assertThat(devicesOf("upper")).containsExactly("GPU-5f2a0000");
    assertThat(devicesOf("either")).containsExactly("GPU-5f2a0000", "GPU-5f2b0000");
  }

  @Test
  void a_gpu_in_mig_mode_is_named_by_the_beginning_of_its_uuid_as_well() {
    world.gpus.mig(2);
    world.sweep(JobName.RECONCILE);

    world.engine.has(Containers.created("all").gpu("gpu-9"));
    world.sweepAll();

    assertThat(devicesOf("all")).containsExactly("MIG-0", "MIG-1");
  }

  @Test
  void a_gpu_is_named_by_its_pci_bus_id_as_well_in_any_spelling_of_the_numbers() {
    world.gpus.mig(2);
    world.sweep(JobName.RECONCILE);

    world.engine.has(Containers.created("long").gpu("00000000:02:00.0"));
    world.engine.has(Containers.created("short").gpu("0:1:0.0"));
    world.engine.has(Containers.created("mig").gpu("0000:0a:00.0"));
    world.engine.has(Containers.created("nowhere").gpu("0001:02:00.0"));
    world.sweepAll();

    assertThat(devicesOf("long")).containsExactly("GPU-1");
    assertThat(devicesOf("short")).containsExactly("GPU-0");
    assertThat(devicesOf("mig")).containsExactly("MIG-0", "MIG-1");
    assertThat(devicesOf("nowhere")).isEmpty();
  }

  @Test
  void a_count_means_the_first_gpus_and_all_instances_of_one_in_mig_mode() {
    world.gpus.mig(2); // of the GPU with index 9
    world.sweep(JobName.RECONCILE);

    world.engine.run(Containers.running("one").gpus(GpuRequest.unpinned(1)));
    world.engine.run(Containers.running("nine").gpus(GpuRequest.unpinned(9)));
    world.engine.run(Containers.running("ten").gpus(GpuRequest.unpinned(10)));
    world.sweepAll();

    assertThat(devicesOf("one")).containsExactly("GPU-0");
    assertThat(devicesOf("nine")).containsExactly("GPU-0", "GPU-1");
    assertThat(devicesOf("ten")).containsExactly("GPU-0", "GPU-1", "MIG-0", "MIG-1");
  }

  @Test
  void a_restart_while_a_device_is_not_listed_loses_none_of_those_of_its_gpu() {
    world.gpus.mig(2);
    world.sweep(JobName.RECONCILE);
    world.engine.run(Containers.running("train").gpu("GPU-9"));
    world.sweepAll();
    world.engine.exits("train", 0);
    world.sweepAll();

    world.gpus.vanishes("MIG-1");
    world.sweep(JobName.RECONCILE);
    world.engine.start("train");
    world.sweepAll();

    assertThat(devicesOf("train")).containsExactly("MIG-0", "MIG-1");
  }

  private List<String> devicesOf(String name) {
    return world.ledger().read(tables -> tables.devices().allocation()).claims().stream()
        .filter(each -> each.name().equals(name))
        .map(Claim::device)
        .toList();
  }

  @Test
  void a_stopped_container_keeps_its_device_for_the_hold_and_no_longer() {
    world.engine.run(Containers.running("train").gpu("0"));
    world.sweepAll();
    world.engine.exits("train", 0);
    world.sweepAll();
    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.HELD);
    assertThat(world.lastEvent("gpu.hold").path("details").path("until").asText())
        .isEqualTo(world.now().plus(Duration.ofMinutes(15)).toString());

    passWithReleases(14);
    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.HELD);
    passWithReleases(1);

    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.FREE);
    assertThat(world.engine.isThere("train")).isTrue();
    assertThat(gpuStory("train"))
        .containsExactly("gpu.allocate:done", "gpu.hold:done", "gpu.release:done");
    JsonNode release = world.lastEvent("gpu.release").path("details");
    assertThat(release.path("reason").asText()).isEqualTo("hold_expired");
    assertThat(release.path("gpueq").asDouble()).isEqualTo(1.0);
    assertThat(release.path("finished_at").asText()).isEqualTo(World.START.toString());
    assertThat(release.path("gpu_hold_after_stop").asText()).isEqualTo("15m");
    assertThat(release.path("until").asText())
        .isEqualTo(world.lastEvent("gpu.hold").path("details").path("until").asText());
  }

  @Test
  void a_restart_within_the_hold_cancels_it() {
    world.engine.run(Containers.running("train").gpu("0"));
    world.sweepAll();
    world.engine.exits("train", 0);
    passWithReleases(10);

    world.engine.start("train");
    passWithReleases(30);

    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.ACTIVE);
    assertThat(gpuStory("train")).containsExactly("gpu.allocate:done", "gpu.hold:done");
  }

  @Test
  void a_restart_after_the_release_takes_the_device_again_if_it_is_free() {
    world.engine.run(Containers.running("train").gpu("0"));
    world.sweepAll();
    world.engine.exits("train", 0);
    passWithReleases(20);

    world.engine.start("train");
    world.sweepAll();

    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.ACTIVE);
    assertThat(gpuStory("train")).endsWith("gpu.release:done", "gpu.allocate:done");
    assertThat(lastReason("gpu.allocate")).isEqualTo("container_started");
  }

  @Test
  void a_restart_after_the_release_onto_somebody_elses_is_a_conflict_that_is_only_reported() {
    world.engine.run(Containers.running("first").gpu("0"));
    world.sweepAll();
    world.engine.exits("first", 0);
    passWithReleases(20);
    world.engine.run(Containers.running("second").gpu("GPU-0"));
    world.sweepAll();

    world.engine.start("first");
    world.sweepAll();

    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.CONFLICT);
    assertThat(gpuStory("first")).endsWith("gpu.conflict:done");
    assertThat(world.engine.calls()).isEmpty();
  }

  @Test
  void a_conflict_ends_when_one_of_the_two_is_gone() {
    world.engine.run(Containers.running("first").gpu("0"));
    world.engine.run(Containers.running("second").gpu("0"));
    world.sweepAll();
    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.CONFLICT);

    world.engine.removed("second");
    world.sweepAll();

    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.ACTIVE);
    assertThat(world.lastEvent("gpu.release").path("details").path("reason").asText())
        .isEqualTo("container_removed");
  }

  @Test
  void a_paused_container_keeps_its_device() {
    world.engine.run(Containers.running("train").gpu("0"));
    world.sweepAll();
    world.engine.paused("train");

    passWithReleases(120);

    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.ACTIVE);
  }

  @Test
  void an_orchestration_or_api_container_has_no_hold() {
    world.engine.run(Containers.running("step").type("orchestration").gpu("0"));
    world.engine.run(Containers.running("serve").type("api").gpu("1"));
    world.sweepAll();
    world.engine.exits("step", 1);
    world.engine.exits("serve", 0);
    world.sweepAll();

    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.FREE);
    assertThat(stateOf("GPU-1")).isEqualTo(DeviceState.FREE);
    assertThat(world.lastEvent("gpu.release").path("details").path("reason").asText())
        .isEqualTo("container_stopped");
  }

  @Test
  void of_exited_ones_found_at_start_the_latest_holds_the_device() {
    World fresh = world;
    fresh.engine.has(
        Containers.exited("older").gpu("0").finishedAt(World.START.minus(Duration.ofHours(3))));
    fresh.engine.has(
        Containers.exited("newer").gpu("0").finishedAt(World.START.minus(Duration.ofHours(2))));
    fresh.engine.has(Containers.exited("late").gpu("1"));
    fresh.engine.has(Containers.running("user").gpu("1"));

    fresh.sweepAll();

    assertThat(gpuStory("newer")).containsExactly("gpu.hold:done");
    assertThat(gpuStory("older")).isEmpty();
    assertThat(gpuStory("late")).isEmpty();
    assertThat(stateOf("GPU-1")).isEqualTo(DeviceState.ACTIVE);
  }

  @Test
  void an_exited_one_found_while_nvml_is_silent_holds_its_device_once_nvml_tells_which_that_is() {
    world.gpus.fails("driver/library version mismatch");
    world.engine.has(Containers.exited("late").gpu("1"));
    world.engine.has(Containers.exited("by-uuid").gpu("GPU-0"));
    passWithReleases(20);
    assertThat(gpuStory("by-uuid")).containsExactly("gpu.hold:done", "gpu.release:done");
    assertThat(gpuStory("late")).isEmpty();

    world.gpus.works();
    passWithReleases(1);
    assertThat(stateOf("GPU-1")).isEqualTo(DeviceState.HELD);
    passWithReleases(60);

    assertThat(gpuStory("late")).containsExactly("gpu.hold:done", "gpu.release:done");
    assertThat(gpuStory("by-uuid")).hasSize(2);
  }

  @Test
  void that_holds_over_a_restart_of_the_daemon_as_well() {
    world.gpus.fails("driver/library version mismatch");
    world.engine.has(Containers.exited("late").gpu("1"));
    passWithReleases(5);

    world.restart();
    passWithReleases(5);
    assertThat(gpuStory("late")).isEmpty();
    world.gpus.works();
    passWithReleases(1);

    assertThat(stateOf("GPU-1")).isEqualTo(DeviceState.HELD);
    passWithReleases(60);
    assertThat(gpuStory("late")).containsExactly("gpu.hold:done", "gpu.release:done");
  }

  @Test
  void an_exited_one_holds_its_device_although_the_daemon_ended_right_after_it_was_recorded() {
    world.engine.has(Containers.exited("late").gpu("1"));
    world.refuse("move", "1");
    world.sweepAll();
    assertThat(world.ledger().read(Tables::known)).hasSize(1);

    world.accept("move");
    world.restart();
    world.sweepAll();

    assertThat(stateOf("GPU-1")).isEqualTo(DeviceState.HELD);
  }

  @Test
  void unpinned_ones_share_and_observers_hold_nothing() {
    world.engine.run(Containers.running("ada").allGpus());
    world.engine.run(Containers.running("bob").allGpus());
    world.engine.run(Containers.running("dcgm-exporter").label("ds01.monitoring", "1").allGpus());

    world.sweepAll();

    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.SHARED);
    Allocation allocation = world.ledger().read(tables -> tables.devices().allocation());
    assertThat(allocation.claimsOn("GPU-0"))
        .extracting(Claim::name)
        .containsExactlyInAnyOrder("ada", "bob");
    assertThat(gpuStory("ada")).isEmpty();
  }

  private List<String> claims() {
    return world.ledger().read(tables -> tables.devices().allocation()).claims().stream()
        .map(each -> each.name() + " of " + each.owner() + " since " + each.since())
        .toList();
  }

  @Test
  void an_owner_whom_the_user_directory_tells_late_has_the_device_from_then_on() {
    world.book(World.ENFORCE + "defaults:\n  max_gpu_equivalents: 1\n");
    world.userDatabase(new UserDatabase.Answer.NoAnswer("timed out"));
    world.engine.run(Containers.running("train._.1001").gpu("0", "1"));
    world.sweepAll();
    assertThat(claims()).hasSize(2).containsOnly("train._.1001 of unknown since " + World.START);

    world.pass(Duration.ofMinutes(1));
    world.userDatabase(new UserDatabase.Answer.Found("ada"));
    world.sweepAll();

    assertThat(claims()).hasSize(2).containsOnly("train._.1001 of ada since " + World.START);
    assertThat(world.lastEvent("quota.exceeded").path("user").asText()).isEqualTo("ada");
    assertThat(gpuStory("train._.1001")).containsExactly("gpu.allocate:done", "gpu.allocate:done");
  }

  @Test
  void a_renamed_container_has_its_device_under_its_new_name() {
    world.engine.run(Containers.running("train").owner("ada").gpu("0"));
    world.engine.run(Containers.running("watch").owner("bob").allGpus());
    world.sweepAll();
    world.engine.exits("train", 0);
    world.sweepAll();
    world.pass(Duration.ofMinutes(1));

    world.engine.renamed("train", "experiment");
    world.engine.renamed("watch", "look");
    world.sweepAll();

    assertThat(claims())
        .containsExactlyInAnyOrder(
            "experiment of ada since " + World.START,
            "look of bob since " + World.START,
            "look of bob since " + World.START);
    assertThat(gpuStory("experiment")).isEmpty();
    passWithReleases(15);
    assertThat(gpuStory("experiment")).containsExactly("gpu.release:done");
  }

  @Test
  void who_is_being_removed_by_somebody_else_has_no_device_any_more() {
    world.engine.run(Containers.running("train").gpu("GPU-0"));
    world.sweepAll();

    world.engine.has(Containers.removing("train").gpu("GPU-0"));
    world.sweepAll();
    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.FREE);
    world.engine.removed("train");
    world.sweepAll();

    assertThat(gpuStory("train")).containsExactly("gpu.allocate:done", "gpu.release:done");
    assertThat(world.lastEvent("gpu.release").path("details").path("reason").asText())
        .isEqualTo("container_removed");
  }

  @Test
  void nvml_failing_frees_nothing() {
    world.engine.run(Containers.running("train").gpu("0"));
    world.sweepAll();

    world.gpus.fails("driver/library version mismatch");
    passWithReleases(60);

    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.ACTIVE);
    assertThat(stateOf("GPU-1")).isEqualTo(DeviceState.FREE);
  }

  @Test
  void nvml_failing_is_told_once_with_its_reason_and_so_is_that_it_is_back() {
    world.gpus.fails("driver/library version mismatch");
    passWithReleases(5);
    world.restart();
    passWithReleases(5);
    assertThat(nvmlStory()).containsExactly("nvml.down");
    assertThat(world.lastEvent("nvml.down").path("details").path("detail").asText())
        .isEqualTo("driver/library version mismatch");

    world.gpus.works();
    passWithReleases(5);
    assertThat(nvmlStory()).containsExactly("nvml.down", "nvml.up");
    assertThat(world.lastEvent("nvml.up").path("details").path("since"))
        .isEqualTo(world.lastEvent("nvml.down").path("timestamp"));
  }

  private List<String> nvmlStory() {
    return world.events().stream()
        .map(event -> event.path("event_type").asText())
        .filter(type -> type.startsWith("nvml."))
        .toList();
  }

  @Test
  void a_device_that_vanished_while_somebody_has_it_is_missing_and_comes_back() {
    world.engine.run(Containers.running("train").gpu("GPU-1"));
    world.sweepAll();

    world.gpus.vanishes("GPU-1");
    world.gpus.vanishes("GPU-0");
    world.sweep(JobName.RECONCILE);
    assertThat(stateOf("GPU-1")).isEqualTo(DeviceState.MISSING);
    Allocation allocation = world.ledger().read(tables -> tables.devices().allocation());
    assertThat(allocation.devices()).doesNotContainKey("GPU-0");

    world.gpus.full(2);
    world.sweep(JobName.RECONCILE);
    assertThat(stateOf("GPU-1")).isEqualTo(DeviceState.ACTIVE);
  }

  @Test
  void a_lost_device_is_unhealthy_and_a_ceded_one_is_ceded() {
    world.book(World.ENFORCE + "gpu:\n  ceded_devices: [GPU-1]\n");
    world.gpus.isLost("GPU-0");

    world.sweep(JobName.RECONCILE);

    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.UNHEALTHY);
    assertThat(stateOf("GPU-1")).isEqualTo(DeviceState.CEDED);
    assertThat(world.lastEvent("gpu.unhealthy").path("details").path("detail").asText())
        .isEqualTo("fell off the bus");
  }

  @Test
  void what_another_manager_makes_of_a_ceded_gpu_is_ceded_as_well() {
    world.book(World.ENFORCE + "gpu:\n  ceded_devices: [GPU-9]\n");
    world.gpus.mig(1); // on GPU-9

    world.sweep(JobName.RECONCILE);

    assertThat(stateOf("MIG-0")).isEqualTo(DeviceState.CEDED);
  }

  @Test
  void the_removal_of_a_created_container_frees_its_device_first() {
    world.engine.has(Containers.created("litter").gpu("0"));

    world.sweepFor(Duration.ofMinutes(31));

    assertThat(world.story("litter"))
        .containsExactly("gpu.allocate:done", "gpu.release:done", "container.remove:done");
    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.FREE);
  }

  @Test
  void a_removal_that_fails_gives_the_device_back() {
    world.engine.has(Containers.created("stuck").gpu("0"));
    world.engine.answers("stuck", new ActResult(ActResult.Kind.FAILED, "device busy"));

    world.sweepAll();
    world.pass(Duration.ofMinutes(30));
    world.sweep(JobName.CREATED_CLEANUP); // and no look after it, which would find it again

    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.ACTIVE);
    assertThat(world.lastEvent("gpu.allocate").path("details").path("detail").asText())
        .isEqualTo("its removal failed");
    assertThat(lastReason("gpu.allocate")).isEqualTo("removal_failed");
    assertThat(gpuStory("stuck"))
        .containsExactly("gpu.allocate:done", "gpu.release:done", "gpu.allocate:done");
  }

  @Test
  void a_device_that_was_granted_before_its_removal_failed_is_in_conflict() {
    Allocator allocator =
        new Allocator(
            world.engine, world.ledger(), world.gpus, world.processes(), world::now, world::book);
    world.engine.has(Containers.created("stuck").gpu("0"));
    world.engine.answers("stuck", new ActResult(ActResult.Kind.FAILED, "device busy"));
    world.sweepAll();
    world.pass(Duration.ofMinutes(30));

    world.engine.during(
        "remove",
        () -> allocator.allocate(new Allocator.Request("bob", "next", 1, "GPU-0"), Mode.ENFORCE));
    world.sweep(JobName.CREATED_CLEANUP);

    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.CONFLICT);
    assertThat(gpuStory("stuck"))
        .containsExactly("gpu.allocate:done", "gpu.release:done", "gpu.conflict:done");
    JsonNode conflict = world.lastEvent("gpu.conflict").path("details");
    assertThat(conflict.path("reason").asText()).isEqualTo("gpu_conflict");
    assertThat(conflict.path("holders").path(0).asText()).isEqualTo("next (bob, reserved)");
    assertThat(conflict.path("detail").asText()).isEqualTo("its removal failed");
  }

  @Test
  void a_container_restarted_between_the_verdict_and_the_release_keeps_its_device() {
    itsReleaseIsDue("train");

    world.engine.start("train");
    world.carryOut();
    world.sweepAll();

    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.ACTIVE);
    assertThat(gpuStory("train")).doesNotContain("gpu.release:done");
  }

  @Test
  void an_engine_that_started_anew_between_the_verdict_and_the_release_begins_the_hold_anew() {
    itsReleaseIsDue("train");

    world.engineRestarts(() -> world.pass(Duration.ofSeconds(10)));
    world.letActsGo();
    world.pass(Duration.ofMinutes(14));
    world.sweep(JobName.GPU_RELEASE);
    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.HELD);
    world.pass(Duration.ofMinutes(1));
    world.sweep(JobName.GPU_RELEASE);
    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.FREE);
  }

  @Test
  void a_hold_that_ends_while_the_daemon_is_down_ends_at_the_next_sweep() {
    world.engine.run(Containers.running("train").gpu("0"));
    world.sweepAll();
    world.engine.exits("train", 0);
    world.sweepAll();
    world.pass(Duration.ofHours(1));

    world.restart();
    world.sweep(JobName.GPU_RELEASE);

    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.FREE);
  }

  @Test
  void the_end_of_a_hold_is_a_fact_in_observe_as_well() {
    world.disable(true);
    world.engine.run(Containers.running("train").gpu("0"));
    world.sweepAll();
    world.engine.exits("train", 0);

    passWithReleases(20);

    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.FREE);
  }

  @Test
  void a_hold_where_there_was_none_to_end_it_starts_when_one_is_set() {
    world.book(
        World.ENFORCE
            + "defaults:\n  gpu_hold_after_stop: never\n  container_hold_after_stop: never\n");
    world.engine.run(Containers.running("train").gpu("0"));
    world.sweepAll();
    world.engine.exits("train", 0);
    passWithReleases(60);

    world.book(World.ENFORCE);
    passWithReleases(15);
    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.HELD);
    passWithReleases(2);
    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.FREE);
  }

  @Test
  void a_shorter_hold_ends_none_earlier_than_promised() {
    world.engine.run(Containers.running("train").gpu("0"));
    world.sweepAll();
    world.engine.exits("train", 0);
    world.sweepAll();

    world.book(World.ENFORCE + "defaults:\n  gpu_hold_after_stop: 1m\n");
    passWithReleases(14);
    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.HELD);
  }

  @Test
  void a_clock_that_jumps_leaves_what_remains_of_a_hold() {
    world.engine.run(Containers.running("train").gpu("0"));
    world.sweepAll();
    world.engine.exits("train", 0);
    passWithReleases(5);

    world.clockJumps(Duration.ofHours(9));
    passWithReleases(8);
    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.HELD);

    passWithReleases(5);
    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.FREE);
  }

  @Test
  void the_device_of_a_container_whose_removal_nobody_saw_is_freed_at_the_next_look() {
    world.engine.run(Containers.running("train").gpu("0"));
    world.sweepAll();
    Container gone = world.engine.get("train");
    world.engine.removed(gone.name());
    world.restart();

    world.sweepAll();

    assertThat(stateOf("GPU-0")).isEqualTo(DeviceState.FREE);
    assertThat(gpuStory("train")).containsExactly("gpu.allocate:done", "gpu.release:done");
  }

  /** It is decided, and not done yet. */
  private void itsReleaseIsDue(String name) {
    world.engine.run(Containers.running(name).gpu("0"));
    world.sweepAll();
    world.engine.exits(name, 0);
    world.sweepAll();
    world.pass(Duration.ofMinutes(16));
    world.holdActs();
    world.sweep(JobName.GPU_RELEASE);
  }

  /** A minute at a time, each with a sweep of gpu-release. */
  private void passWithReleases(int minutes) {
    for (int i = 0; i < minutes; i++) {
      world.pass(Duration.ofMinutes(1));
      world.sweep(JobName.GPU_RELEASE);
    }
  }
}
