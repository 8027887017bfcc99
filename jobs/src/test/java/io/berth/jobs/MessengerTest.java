package io.berth.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import io.berth.jobs.container.EndedBy;
import io.berth.jobs.container.Owner;
import io.berth.jobs.container.UserDatabase;
import io.berth.jobs.host.ContainerFiles;
import io.berth.jobs.host.Terminals;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.notify.Delivery;
import io.berth.jobs.notify.EarlierAlerts;
import io.berth.jobs.notify.Notice;
import io.berth.jobs.notify.Notifier;
import io.berth.jobs.rules.Action;
import io.berth.jobs.rules.Reason;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.ContainerType;
import io.berth.policies.JobName;
import io.berth.policies.PolicyBook;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** From what the jobs tell to the notice, and from what came of it to the journal. */
class MessengerTest {

  private static final Container TRAIN = Containers.running("train").owner("ada").build();
  private static final Owner ADA = new Owner("ada", "label:ds01.user");
  private static final PolicyBook.Notifications NO_CHANNEL =
      new PolicyBook.Notifications(false, null, List.of(), null, Duration.ofSeconds(30));

  @TempDir Path folder;
  private World world;
  private final BlockingQueue<Notice> noticed = new LinkedBlockingQueue<>();

  @BeforeEach
  void open() {
    world = new World(folder, World.ENFORCE);
  }

  @AfterEach
  void close() {
    world.close();
  }

  private Notice tell(Herald.Kind kind, Action action) throws InterruptedException {
    try (Notifier notifier =
        Notifier.create(
            () -> NO_CHANNEL,
            new Terminals(folder, folder, uid -> new UserDatabase.Answer.NoSuchUser()),
            new ContainerFiles(folder, Duration.ofSeconds(1)),
            EarlierAlerts.NONE,
            (notice, deliveries) -> noticed.add(notice))) {
      new Messenger(notifier, world::now)
          .tell(
              kind,
              JobName.IDLE_STOP,
              new Subject(
                  TRAIN, ADA, null, ContainerType.DOCKER, null, EndedBy.UNKNOWN, world.now()),
              new Verdict.Cause(action, Reason.IDLE_TIMEOUT, Map.of("gpu_percent", 0)),
              "it does nothing",
              world.now().plusSeconds(60),
              world.book());
      return Objects.requireNonNull(noticed.poll(1, TimeUnit.MINUTES));
    }
  }

  @ParameterizedTest
  @EnumSource
  void every_kind_of_news_is_a_notice_of_that_kind(Herald.Kind kind) throws InterruptedException {
    Notice notice = tell(kind, Action.STOP);

    assertThat(notice.kind().name()).isEqualTo(kind.name());
    assertThat(notice.at()).isEqualTo(world.now());
    assertThat(notice.source()).isEqualTo("idle-stop");
    assertThat(notice.owner()).isEqualTo(ADA);
    assertThat(notice.about())
        .isEqualTo(new Notice.About(TRAIN, ContainerType.DOCKER, "/workspace/.keep-alive"));
    assertThat(notice.plan())
        .isEqualTo(new Notice.Plan(Notice.Act.STOP, world.now().plusSeconds(60)));
    assertThat(notice.why())
        .isEqualTo(new Notice.Why("idle_timeout", "it does nothing", Map.of("gpu_percent", 0)));
  }

  @ParameterizedTest
  @EnumSource(names = {"STOP", "PAUSE", "REMOVE", "WARN"})
  void what_is_to_be_done_is_told_as_such(Action action) throws InterruptedException {
    Notice.Plan plan = tell(Herald.Kind.WARNED, action).plan();

    assertThat(plan).isNotNull();
    assertThat(plan.act().word()).isEqualTo(action.word());
  }

  @ParameterizedTest
  @CsvSource({
    "DELIVERED,               notification.sent,   done",
    "DELIVERED NOT_DELIVERED, notification.sent,   done",
    "NOT_DELIVERED,           notification.sent,   done",
    "DELIVERED FAILED,        notification.failed, done",
    "NOT_DELIVERED FAILED,    notification.failed, failed",
    "FAILED,                  notification.failed, failed",
  })
  void what_came_of_it_is_journalled(String results, String type, String outcome)
      throws InterruptedException {
    List<Delivery> deliveries =
        Arrays.stream(results.split(" ", -1))
            .map(Delivery.Result::valueOf)
            .map(result -> new Delivery("on_" + result.word(), result, "here"))
            .toList();

    Messenger.journal(world.ledger(), world::now)
        .delivered(tell(Herald.Kind.WARNED_LAST, Action.STOP), deliveries);

    JsonNode event = world.lastEvent(type);
    assertThat(event.path("user").asText()).isEqualTo("ada");
    assertThat(event.path("source").asText()).isEqualTo("idle-stop");
    JsonNode details = event.path("details");
    assertThat(details.path("outcome").asText()).isEqualTo(outcome);
    assertThat(details.path("notice").asText()).isEqualTo("warned_last");
    assertThat(details.path("reason").asText()).isEqualTo("idle_timeout");
    assertThat(details.path("container").asText()).isEqualTo("train");
    assertThat(details.path("channels")).hasSameSizeAs(deliveries);
    assertThat(details.path("channels").path(0).path("channel").asText())
        .isEqualTo(deliveries.get(0).channel());
    assertThat(details.path("channels").path(0).path("result").asText())
        .isEqualTo(deliveries.get(0).result().word());
    JournalEntry row = world.journalOf("train").get(0);
    assertThat(row.subject()).isEqualTo(type);
    assertThat(row.kind()).isEqualTo(JournalEntry.Kind.FACT);
  }

  @Test
  void what_was_told_is_known_after_a_restart() throws InterruptedException {
    Notice first = tell(Herald.Kind.WARNED, Action.STOP);
    Notice second = tell(Herald.Kind.WARNED_LAST, Action.STOP);
    Messenger.journal(world.ledger(), world::now).delivered(first, List.of());
    Messenger.journal(world.ledger(), world::now).delivered(second, List.of());
    world.restart();

    EarlierAlerts told = Messenger.told(world.ledger());

    assertThat(told.of(TRAIN.id(), 20)).containsExactly(first.alert(), second.alert());
    assertThat(told.of(TRAIN.id(), 1)).containsExactly(second.alert());
    assertThat(told.of("another", 20)).isEmpty();
  }

  @Test
  void a_journal_that_can_not_be_read_ends_nothing() {
    EarlierAlerts told = Messenger.told(world.ledger());
    world.ledger().close();

    assertThat(told.of(TRAIN.id(), 20)).isEmpty();
    world.restart();
  }

  @Test
  void a_journal_that_can_not_be_written_ends_nothing() throws InterruptedException {
    Notice notice = tell(Herald.Kind.WARNED, Action.STOP);
    world.refuse("journal", "1");

    Messenger.journal(world.ledger(), world::now).delivered(notice, List.of());

    assertThat(world.journalOf("train")).isEmpty();
  }
}
