package io.berth.jobs.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.engine.EngineException.Kind;
import io.berth.jobs.engine.Inventory.Survey;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InventoryTest {

  /** A limit for what should come at once, on a machine that is busy with other things. */
  private static final Duration AGES = Duration.ofSeconds(60);

  private final FakeEngine engine = new FakeEngine();
  private final Inventory inventory = new Inventory(engine, 4, AGES);

  @AfterEach
  void close() {
    engine.letGo();
    inventory.close();
  }

  @Test
  void a_second_survey_costs_one_list_call_only() throws EngineException {
    engine.put("a", State.RUNNING);
    engine.put("b", State.EXITED);
    inventory.streamConnected();

    Survey first = inventory.take();
    Survey second = inventory.take();

    assertThat(first.inspected()).isEqualTo(2);
    assertThat(second.inspected()).isZero();
    assertThat(second.containers())
        .isEqualTo(first.containers())
        .extracting(Container::id)
        .containsExactly("a", "b");
    assertThat(engine.takeInspected()).containsExactly("a", "b");
  }

  @Test
  void what_the_list_shows_changed_is_inspected_again() throws EngineException {
    engine.put("a", State.RUNNING);
    engine.put("b", State.RUNNING);
    engine.put("c", State.RUNNING);
    inventory.streamConnected();
    inventory.take();
    engine.takeInspected();

    engine.put("a", State.EXITED);
    engine.put("b", "renamed", State.RUNNING, 1);
    engine.put("d", State.CREATED);
    Survey survey = inventory.take();

    assertThat(engine.takeInspected()).containsExactly("a", "b", "d");
    assertThat(survey.containers())
        .extracting(Container::name, Container::state)
        .containsExactly(
            tuple("a", State.EXITED),
            tuple("renamed", State.RUNNING),
            tuple("c", State.RUNNING),
            tuple("d", State.CREATED));
  }

  @Test
  void an_event_makes_a_container_be_inspected_again_though_it_looks_the_same()
      throws EngineException {
    engine.put("a", "a", State.RUNNING, 1);
    inventory.streamConnected();
    inventory.take();

    engine.put("a", "a", State.RUNNING, 2);
    inventory.markDirty("a");

    assertThat(inventory.take().containers()).extracting(Container::pid).containsExactly(2);
    assertThat(inventory.take().inspected()).isZero();
  }

  @Test
  void an_event_during_the_inspect_counts() throws EngineException {
    engine.put("a", State.RUNNING);
    inventory.streamConnected();
    engine.duringInspect = () -> inventory.markDirty("a");
    inventory.take();
    engine.duringInspect = () -> {};

    assertThat(inventory.take().inspected()).isEqualTo(1);
    assertThat(inventory.take().inspected()).isZero();
  }

  @Test
  void without_the_stream_everything_is_inspected_every_time() throws EngineException {
    engine.put("a", State.RUNNING);

    assertThat(inventory.take().inspected()).isEqualTo(1);
    assertThat(inventory.take().inspected()).isEqualTo(1);
    inventory.streamConnected();
    assertThat(inventory.take().inspected()).isEqualTo(1);
    assertThat(inventory.take().inspected()).isZero();
    inventory.streamLost();
    assertThat(inventory.take().inspected()).isEqualTo(1);
    inventory.streamConnected();
    assertThat(inventory.take().inspected()).isEqualTo(1);
  }

  @Test
  void a_break_of_the_stream_between_two_surveys_is_enough() throws EngineException {
    engine.put("a", State.RUNNING);
    inventory.streamConnected();
    inventory.take();

    inventory.streamLost();
    inventory.streamConnected();

    assertThat(inventory.take().inspected()).isEqualTo(1);
  }

  @Test
  void a_break_of_the_stream_during_the_inspect_counts() throws EngineException {
    engine.put("a", State.RUNNING);
    inventory.streamConnected();
    engine.duringInspect =
        () -> {
          inventory.streamLost();
          inventory.streamConnected();
        };
    inventory.take();
    engine.duringInspect = () -> {};

    assertThat(inventory.take().inspected()).isEqualTo(1);
  }

  @Test
  void a_fresh_survey_inspects_all_and_keeps_what_it_saw() throws EngineException {
    engine.put("a", State.RUNNING);
    engine.put("b", State.RUNNING);
    inventory.streamConnected();
    inventory.take();

    assertThat(inventory.takeFresh().inspected()).isEqualTo(2);
    assertThat(inventory.take().inspected()).isZero();
  }

  @Test
  void a_container_that_goes_between_list_and_inspect_is_simply_not_there() throws EngineException {
    engine.put("a", State.RUNNING);
    engine.put("b", State.REMOVING);
    engine.goneAfterList = "a";
    inventory.streamConnected();

    Survey survey = inventory.take();

    assertThat(survey.containers()).extracting(Container::state).containsExactly(State.REMOVING);
    assertThat(survey.failed()).isEmpty();
  }

  @Test
  void a_container_that_is_not_listed_any_more_is_forgotten() throws EngineException {
    engine.put("a", State.RUNNING);
    inventory.streamConnected();
    inventory.take();
    Container before = engine.all.remove("a");
    assertThat(inventory.take().containers()).isEmpty();

    // The same id never comes back; if it did, nothing old would be believed.
    engine.all.put("a", before);
    assertThat(inventory.take().inspected()).isEqualTo(1);
  }

  @Test
  void a_failed_inspect_is_an_unknown_fact_and_tried_again() throws EngineException {
    engine.put("a", State.RUNNING);
    engine.put("b", State.RUNNING);
    inventory.streamConnected();
    inventory.take();
    engine.failures.put("a", new EngineException(Kind.ERROR, "container a: boom"));
    inventory.markDirty("a");

    Survey survey = inventory.take();

    assertThat(survey.failed()).containsExactly(Map.entry("a", "container a: boom"));
    assertThat(survey.containers()).extracting(Container::id).containsExactly("b");
    engine.failures.clear();
    assertThat(inventory.take().containers()).hasSize(2);
  }

  @Test
  void one_that_hangs_holds_up_one_survey_only_and_for_the_patience_only() throws EngineException {
    try (Inventory impatient = new Inventory(engine, 4, Duration.ofMillis(300))) {
      engine.put("a", State.RUNNING);
      engine.put("b", State.RUNNING);
      impatient.streamConnected();
      impatient.take();
      engine.takeInspected();
      engine.hanging.put("a", new CountDownLatch(1));
      impatient.markDirty("a");

      for (int i = 0; i < 3; i++) {
        Survey survey = impatient.take();
        assertThat(survey.failed()).containsOnlyKeys("a");
        assertThat(survey.failed().get("a")).contains("container a").contains("not answered");
        assertThat(survey.containers()).extracting(Container::id).containsExactly("b");
      }
      assertThat(engine.takeInspected()).containsExactly("a");

      engine.letGo();
      Awaitility.await()
          .atMost(AGES)
          .untilAsserted(() -> assertThat(impatient.take().containers()).hasSize(2));
    }
  }

  @Test
  void no_more_than_the_given_number_is_inspected_at_once() throws EngineException {
    try (Inventory impatient = new Inventory(engine, 4, Duration.ofMillis(300))) {
      CountDownLatch all = new CountDownLatch(1);
      IntStream.range(0, 50).forEach(i -> engine.put("c" + i, State.EXITED));
      engine.all.keySet().forEach(id -> engine.hanging.put(id, all));
      impatient.streamConnected();

      assertThat(impatient.take().failed()).hasSize(50);
      assertThat(engine.inspected).hasSize(4);

      // Those that had to queue are inspected once, and what was learnt is used.
      engine.letGo();
      Awaitility.await()
          .atMost(AGES)
          .untilAsserted(() -> assertThat(impatient.take().containers()).hasSize(50));
      assertThat(engine.takeInspected()).hasSize(50).doesNotHaveDuplicates();
    }
  }

  @Test
  void without_a_list_there_is_no_survey() {
    engine.listFailure = new EngineException(Kind.UNREACHABLE, "nobody there");

    assertThatThrownBy(inventory::take).hasMessage("nobody there");
  }

  @Test
  void what_an_engine_shows_that_takes_no_new_connection_is_no_survey() {
    engine.put("a", State.EXITED);
    engine.pingFailure = new EngineException(Kind.UNREACHABLE, "it shuts down");

    assertThatThrownBy(inventory::take).hasMessage("it shuts down");
  }
}
