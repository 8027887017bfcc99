package io.berth.jobs;

import static io.berth.jobs.container.Container.State.CREATED;
import static io.berth.jobs.container.Container.State.EXITED;
import static io.berth.jobs.container.Container.State.PAUSED;
import static io.berth.jobs.container.Container.State.RESTARTING;
import static io.berth.jobs.container.Container.State.RUNNING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.container.Containers;
import io.berth.jobs.container.EndedBy;
import io.berth.jobs.container.Owner;
import io.berth.jobs.ledger.Known;
import io.berth.policies.ContainerType;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ChangeTest {

  /** Lives: life n starts at n:00 and ends at n:30; 0 is none. */
  private record Seen(State state, int started, int ended) {}

  private static final @Nullable Seen NOTHING = null;
  private static final Seen NEW = new Seen(CREATED, 0, 0);
  private static final Seen RUNS = new Seen(RUNNING, 1, 0);
  private static final Seen ENDED = new Seen(EXITED, 1, 1);
  private static final Seen RUNS_AGAIN = new Seen(RUNNING, 2, 1);

  static Stream<Arguments> pairs() {
    return Stream.of(
        arguments(NOTHING, NEW, List.of("create")),
        arguments(NOTHING, RUNS, List.of("create", "start")),
        arguments(NOTHING, ENDED, List.of("create", "start", "stop")),
        arguments(NEW, NEW, List.of()),
        arguments(NEW, RUNS, List.of("start")),
        arguments(NEW, ENDED, List.of("start", "stop")),
        arguments(RUNS, RUNS, List.of()),
        arguments(RUNS, ENDED, List.of("stop")),
        arguments(RUNS, new Seen(PAUSED, 1, 0), List.of("pause")),
        arguments(new Seen(PAUSED, 1, 0), new Seen(PAUSED, 1, 0), List.of()),
        arguments(new Seen(PAUSED, 1, 0), ENDED, List.of("stop")),
        arguments(new Seen(PAUSED, 1, 0), RUNS_AGAIN, List.of("stop", "start")),
        arguments(ENDED, ENDED, List.of()),
        arguments(ENDED, RUNS_AGAIN, List.of("start")),
        arguments(ENDED, new Seen(PAUSED, 2, 1), List.of("start", "pause")),
        // between two looks it ended and began anew
        arguments(RUNS, RUNS_AGAIN, List.of("stop", "start")),
        arguments(RUNS, new Seen(RESTARTING, 1, 1), List.of("stop")),
        arguments(new Seen(RESTARTING, 1, 1), RUNS_AGAIN, List.of("start")),
        // a whole life that nobody saw
        arguments(ENDED, new Seen(EXITED, 2, 2), List.of("start", "stop")),
        // of lives that are lost the last is told: the Engine keeps no more
        arguments(RUNS, new Seen(EXITED, 3, 3), List.of("start", "stop")),
        arguments(RUNS, new Seen(RUNNING, 4, 3), List.of("stop", "start")));
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void what_differs_is_what_happened(@Nullable Seen before, Seen now, List<String> happened) {
    List<Change> changes =
        Change.between(before == null ? null : known(before), container(now), EndedBy.SELF);

    assertThat(changes.stream().map(each -> each.type().replace("container.", "")))
        .containsExactlyElementsOf(happened);
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void once_known_it_differs_no_more(@Nullable Seen before, Seen now, List<String> happened) {
    assertThat(Change.between(known(now), container(now), EndedBy.SELF)).isEmpty();
    assertThat(happened).isNotNull();
  }

  @Test
  void a_stop_by_the_engine_is_told_as_its_own() {
    Change stop = Change.between(known(RUNS), container(ENDED), EndedBy.ENGINE).get(0);

    assertThat(stop.by()).isEqualTo("engine");
    assertThat(stop.numbers()).containsEntry("ended_by", "engine").containsEntry("exit_code", 0);
  }

  private static Container container(Seen seen) {
    // Finer than the ledger keeps it: that alone is no change.
    return Containers.created("train")
        .state(seen.state)
        .startedAt(moment(seen.started, 0, 123_456_789))
        .finishedAt(moment(seen.ended, 30, 987_654_321))
        .build();
  }

  private static Known known(Seen seen) {
    return new Known(
        Containers.idOf("train"),
        "train",
        Owner.UNKNOWN,
        ContainerType.DOCKER,
        seen.state,
        Containers.CREATED_AT,
        moment(seen.started, 0, 123_456_000),
        moment(seen.ended, 30, 987_654_000),
        EndedBy.UNKNOWN,
        0,
        null);
  }

  private static @Nullable Instant moment(int life, int minute, int nanos) {
    return life == 0
        ? null
        : Instant.parse("2026-03-02T00:00:00Z")
            .plusSeconds(life * 3600L + minute * 60L)
            .plusNanos(nanos);
  }
}
