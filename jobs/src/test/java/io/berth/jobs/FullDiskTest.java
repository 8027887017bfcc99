package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.jobs.container.Containers;
import io.berth.jobs.ledger.LedgerReader;
import io.berth.jobs.ledger.SmallDisk;
import io.berth.policies.JobName;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk of the ledger is full: what can't be recorded is not done, and all else goes on. */
class FullDiskTest {

  private static final Duration LONG = Duration.ofHours(2);

  @TempDir private Path folder;

  @Test
  void nothing_is_done_until_there_is_room_and_then_by_itself() throws Exception {
    try (SmallDisk disk = SmallDisk.at(folder.resolve("disk"), "2m");
        World world = new World(disk.folder(), World.ENFORCE)) {
      world.gpus.full(1);
      world.engine.has(Containers.created("litter"));
      world.engine.run(Containers.running("sleeper").owner("ada").gpu("0"));
      world.pulse.idleSince("sleeper", world.now());
      world.sweepAll();
      world.sweep(JobName.IDLE_STOP);
      disk.fill();

      world.pass(LONG);
      assertThat(world.sweep(JobName.CREATED_CLEANUP).skipped()).isNotEmpty();
      assertThat(world.sweep(JobName.IDLE_STOP).skipped()).isNotEmpty();
      world.sweep(JobName.GPU_RELEASE);

      assertThat(world.engine.calls()).isEmpty();
      assertThat(world.told).isEmpty();
      assertThat(world.ledger().isHealthy()).isFalse();
      assertThat(world.story("sleeper")).contains("container.start:done");
      LedgerReader reader = new LedgerReader(disk.folder().resolve("ledger.db"));
      assertThat(reader.check().differences()).isEmpty();

      disk.makeRoom();
      world.sweepAll();
      assertThat(world.engine.calls()).containsExactly("remove litter");
      assertThat(world.ledger().isHealthy()).isTrue();
      assertThat(world.story("litter")).endsWith("container.remove:done");
      assertThat(world.sweep(JobName.IDLE_STOP).skipped()).isEmpty();
      assertThat(world.story("sleeper")).endsWith("container.warn:done");
    }
  }

  @Test
  void what_was_done_as_the_disk_filled_up_is_recorded_when_there_is_room() throws Exception {
    try (SmallDisk disk = SmallDisk.at(folder.resolve("disk"), "2m");
        World world = new World(disk.folder(), World.ENFORCE)) {
      world.engine.has(Containers.created("litter"));
      world.sweepAll();
      world.pass(LONG);
      world.holdActs();
      world.sweepAll();
      disk.fill();

      world.letActsGo();
      assertThat(world.engine.calls()).containsExactly("remove litter");
      assertThat(world.story("litter")).doesNotContain("container.remove:done");

      disk.makeRoom();
      world.sweepAll();
      assertThat(world.engine.calls()).containsExactly("remove litter");
      assertThat(world.story("litter")).containsOnlyOnce("container.remove:done");
    }
  }
}
