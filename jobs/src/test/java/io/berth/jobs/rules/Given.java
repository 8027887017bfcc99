package io.berth.jobs.rules;

import io.berth.jobs.container.EndedBy;
import io.berth.policies.ContainerType;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook;
import io.berth.policies.TimeLimit;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The facts of a rule's test: CONFIG.md's defaults, and whatever the test says otherwise. */
final class Given {

  static final Instant NOW = Instant.parse("2026-03-02T12:00:00Z");

  private ContainerType type = ContainerType.DOCKER;
  private Limits limits = Limits.builtIn();
  private TimeLimit createdTimeout = TimeLimit.of(Duration.ofMinutes(30));
  private EndedBy endedBy = EndedBy.SELF;
  private @Nullable Clock clock;
  private boolean warned;
  private Instant floor = Instant.MIN;
  private @Nullable Instant lifeStart;
  private @Nullable Instant promised;
  private Idleness idleness = Idleness.unknown("nobody looked");
  private boolean highDemand;
  private ConflictRule.@Nullable Intrusion intrusion;
  private PolicyBook.GpuConflict gpuConflict = PolicyBook.GpuConflict.REPORT;
  private PolicyBook.AutoRemoveAction autoRemoveAction = PolicyBook.AutoRemoveAction.PAUSE;

  static Given facts() {
    return new Given();
  }

  Given type(ContainerType value) {
    type = value;
    return this;
  }

  Given limits(Limits value) {
    limits = value;
    return this;
  }

  Given createdTimeout(TimeLimit value) {
    createdTimeout = value;
    return this;
  }

  Given endedBy(EndedBy value) {
    endedBy = value;
    return this;
  }

  /** It has been seen so for that long, and its owner was promised nothing more than its limit. */
  Given seenFor(Duration age) {
    clock = new Clock(NOW.minus(age), NOW.minus(age));
    return this;
  }

  Given clock(@Nullable Clock value) {
    clock = value;
    return this;
  }

  Given warned() {
    warned = true;
    return this;
  }

  Given lifeStart(Instant value) {
    lifeStart = value;
    return this;
  }

  Given promised(@Nullable Instant value) {
    promised = value;
    return this;
  }

  Given idle(Instant since) {
    idleness = Idleness.idle(since, "it does nothing", java.util.Map.of("gpu_percent", 0));
    return this;
  }

  Given idleness(Idleness value) {
    idleness = value;
    return this;
  }

  Given highDemand() {
    highDemand = true;
    return this;
  }

  Given intrusion(ConflictRule.Intrusion value) {
    intrusion = value;
    return this;
  }

  Given gpuConflict(PolicyBook.GpuConflict value) {
    gpuConflict = value;
    return this;
  }

  Given autoRemoveAction(PolicyBook.AutoRemoveAction value) {
    autoRemoveAction = value;
    return this;
  }

  Given floor(Instant value) {
    floor = value;
    return this;
  }

  Facts build() {
    Clock told = warned && clock != null ? new Clock(clock.since(), clock.due(), 1) : clock;
    return new Facts(
        type,
        limits,
        policies(),
        endedBy,
        lifeStart,
        idleness,
        highDemand,
        intrusion,
        told,
        promised,
        floor);
  }

  private PolicyBook.Policies policies() {
    return new PolicyBook.Policies(
        createdTimeout,
        TimeLimit.of(Duration.ofMinutes(30)),
        TimeLimit.of(Duration.ofHours(24)),
        "/workspace/.keep-alive",
        List.of(0.8, 0.95),
        List.of(0.75, 0.9),
        0.8,
        0.5,
        Duration.ofMinutes(30),
        TimeLimit.of(Duration.ofSeconds(10)),
        autoRemoveAction,
        Duration.ofMinutes(10),
        gpuConflict,
        PolicyBook.OrphanProcesses.REPORT);
  }
}
