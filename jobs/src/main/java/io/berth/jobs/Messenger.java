package io.berth.jobs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.berth.jobs.ledger.JournalEntry;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.LedgerException;
import io.berth.jobs.notify.Delivery;
import io.berth.jobs.notify.DeliveryListener;
import io.berth.jobs.notify.EarlierAlerts;
import io.berth.jobs.notify.Notice;
import io.berth.jobs.notify.Notifier;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The herald of the daemon: makes notices of what is told, and journals what came of them. */
public final class Messenger implements Herald {

  private static final Logger log = LoggerFactory.getLogger(Messenger.class);

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Of an event: what the owner was told. */
  private static final String MESSAGE = "message";

  private final Notifier notifier;
  private final InstantSource clock;

  public Messenger(Notifier notifier, InstantSource clock) {
    this.notifier = notifier;
    this.clock = clock;
  }

  @Override
  public void tell(
      Kind kind,
      JobName job,
      Subject subject,
      Verdict.Cause cause,
      String why,
      Instant at,
      PolicyBook book) {
    notifier.tell(
        new Notice(
            Notice.Kind.valueOf(kind.name()),
            clock.instant(),
            book.schedules().timezone(),
            job.word(),
            subject.owner(),
            new Notice.About(subject.container(), subject.type(), book.policies().keepaliveFile()),
            new Notice.Plan(Notice.Act.valueOf(cause.action().name()), at),
            new Notice.Why(cause.reason().word(), why, cause.numbers())));
  }

  /** Journals which channels delivered a notice. */
  public static DeliveryListener journal(Ledger ledger, InstantSource clock) {
    return (notice, deliveries) -> {
      try {
        ledger.update(tables -> tables.append(row(notice, deliveries, clock.instant())));
      } catch (LedgerException e) {
        log.error("what came of a {} notice is not recorded: {}", notice.kind(), e.getMessage());
      }
    };
  }

  /** What {@link #journal} recorded. */
  public static EarlierAlerts told(Ledger ledger) {
    return (containerId, most) -> {
      try {
        return ledger.read(tables -> tables.noticesOf(containerId, most)).stream()
            .map(Messenger::alert)
            .flatMap(Optional::stream)
            .toList();
      } catch (LedgerException e) {
        log.warn("what was told of {} before can't be read: {}", containerId, e.getMessage());
        return List.of();
      }
    };
  }

  /** Empty where it is of a version that did not record the words. */
  private static Optional<String> alert(JournalEntry notice) {
    try {
      JsonNode event = JSON.readTree(Objects.requireNonNullElse(notice.event(), "{}"));
      return Optional.ofNullable(event.path("details").path(MESSAGE).textValue());
    } catch (JsonProcessingException e) {
      log.warn("row {} of the journal has an event that is no JSON", notice.seq(), e);
      return Optional.empty();
    }
  }

  private static JournalEntry row(Notice notice, List<Delivery> deliveries, Instant now) {
    Map<String, Object> details = new LinkedHashMap<>();
    Notice.About about = notice.about();
    if (about != null) {
      details.putAll(
          Events.of(
              about.container().name(), about.container().id(), about.type(), notice.owner()));
    }
    boolean arrived = deliveries.stream().anyMatch(Messenger::arrived);
    boolean broken = deliveries.stream().anyMatch(each -> each.result() == Delivery.Result.FAILED);
    details.put("outcome", (broken && !arrived ? Outcome.FAILED : Outcome.DONE).word());
    details.put("notice", notice.kind().name().toLowerCase(Locale.ROOT));
    details.put(
        "channels",
        deliveries.stream()
            .map(
                each ->
                    Map.of(
                        "channel", each.channel(),
                        "result", each.result().word(),
                        "detail", each.detail()))
            .toList());
    details.put(MESSAGE, notice.alert());
    String type = broken ? "notification.failed" : "notification.sent";
    String reason = notice.why() == null ? null : notice.why().reason();
    String event =
        Events.line(
            now,
            type,
            notice.owner().name(),
            notice.source(),
            "berth",
            reason,
            Mode.ENFORCE,
            details);
    return new JournalEntry(
        0,
        now,
        JournalEntry.Kind.FACT,
        about == null ? null : about.container().id(),
        about == null ? null : about.container().name(),
        notice.owner().name(),
        type,
        reason,
        notice.source(),
        Mode.ENFORCE.word(),
        null,
        null,
        event);
  }

  private static boolean arrived(Delivery delivery) {
    return delivery.result() == Delivery.Result.DELIVERED;
  }
}
