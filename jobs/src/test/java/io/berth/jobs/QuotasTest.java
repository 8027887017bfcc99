package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.jobs.container.Containers;
import io.berth.jobs.ledger.OverQuota;
import io.berth.policies.JobName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Owners who came to have more than their quota by a plain {@code docker run}. */
class QuotasTest {

  private static final String QUOTA = World.ENFORCE + "defaults:\n  max_gpu_equivalents: %s\n";

  @TempDir Path folder;
  private World world;

  @BeforeEach
  void four_gpus() {
    world = new World(folder, QUOTA.formatted("1"));
    world.gpus.full(4);
    world.sweepAll();
  }

  @AfterEach
  void close() {
    world.close();
  }

  private List<String> told() {
    return world.events().stream()
        .map(each -> each.path("event_type").asText())
        .filter(each -> each.startsWith("quota."))
        .toList();
  }

  private List<OverQuota> over() {
    return world.ledger().read(tables -> tables.findings().overQuota());
  }

  @Test
  void each_crossing_is_told_once_and_nothing_is_stopped_for_it() {
    world.engine.run(Containers.running("one").owner("ada").gpu("0"));
    world.sweepAll();
    assertThat(told()).isEmpty();

    world.engine.run(Containers.running("two").owner("ada").gpu("1", "2"));
    world.sweepAll();
    world.sweepAll();

    assertThat(told()).containsExactly("quota.exceeded");
    JsonNode event = world.lastEvent("quota.exceeded");
    assertThat(event.path("user").asText()).isEqualTo("ada");
    assertThat(event.path("details").path("gpueq").asDouble()).isEqualTo(3.0);
    assertThat(event.path("details").path("quota").asDouble()).isEqualTo(1.0);
    assertThat(event.path("details").path("holders").asText()).contains("one has GPU-0 (active)");
    assertThat(over()).extracting(OverQuota::gpueq).containsExactly(3.0);
    assertThat(world.tally.overQuota).isEqualTo(1);
    assertThat(world.engine.calls()).isEmpty();

    world.engine.removed("two");
    world.sweepAll();

    assertThat(told()).containsExactly("quota.exceeded", "quota.ok");
    assertThat(over()).isEmpty();
    assertThat(world.tally.overQuota).isZero();
  }

  @Test
  void another_number_above_the_quota_is_shown_and_not_told_again() {
    world.engine.run(Containers.running("two").owner("ada").gpu("1", "2"));
    world.sweepAll();
    world.pass(Duration.ofMinutes(1));
    world.engine.run(Containers.running("three").owner("ada").gpu("3"));
    world.sweepAll();

    assertThat(told()).containsExactly("quota.exceeded");
    assertThat(over()).containsExactly(new OverQuota("ada", 3.0, 1.0, World.START));
  }

  @Test
  void a_hold_counts_and_what_is_shared_does_not() {
    world.engine.run(Containers.running("all").owner("bob").allGpus());
    world.engine.run(Containers.running("two").owner("ada").gpu("1", "2"));
    world.sweepAll();
    world.engine.exits("two", 0);
    world.sweepAll();

    assertThat(over()).extracting(OverQuota::owner).containsExactly("ada");
  }

  @Test
  void another_quota_is_another_crossing() {
    world.engine.run(Containers.running("two").owner("ada").gpu("1", "2"));
    world.sweepAll();

    world.book(QUOTA.formatted("2"));
    world.sweepAll();
    assertThat(told()).containsExactly("quota.exceeded", "quota.ok");
    world.book(QUOTA.formatted("null"));
    world.sweepAll();
    assertThat(over()).isEmpty();
  }

  @Test
  void it_is_told_once_over_a_restart_and_never_of_nobody() {
    world.engine.run(Containers.running("two").owner("ada").gpu("1", "2"));
    world.engine.run(Containers.running("whose").gpu("0", "3"));
    world.sweepAll();

    world.restart();
    world.sweep(JobName.RECONCILE);

    assertThat(told()).containsExactly("quota.exceeded");
  }

  @Test
  void sevenths_that_add_up_to_the_quota_are_not_above_it() {
    world.gpus.full(0);
    world.gpus.mig(7);
    world.book(QUOTA.formatted("2.0"));
    world.engine.run(
        Containers.running("slices")
            .owner("ada")
            .gpu("MIG-0", "MIG-1", "MIG-2", "MIG-3", "MIG-4", "MIG-5", "MIG-6"));
    world.sweep(JobName.RECONCILE);

    assertThat(told()).isEmpty();
  }
}
