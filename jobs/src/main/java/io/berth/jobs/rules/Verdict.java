package io.berth.jobs.rules;

import io.berth.policies.Exemption;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a rule says of one container. */
public sealed interface Verdict {

  /** In words, for people. */
  String why();

  /** The clock behind it, to be remembered; empty where none runs. */
  Optional<Clock> clock();

  /**
   * Nothing is to be done. {@link #clock} says until when; without one, until something changes.
   *
   * @param warnAt when its owner is to be told, if nothing changes until then; null where nothing
   *     is to be told before the clock is due
   */
  record Keep(String why, @Nullable Clock running, @Nullable Instant warnAt) implements Verdict {

    public Keep(String why, @Nullable Clock running) {
      this(why, running, null);
    }

    @Override
    public Optional<Clock> clock() {
      return Optional.ofNullable(running);
    }
  }

  /**
   * Its owner is to be told that {@code cause} will be carried out when {@code running} is due.
   *
   * @param last whether no other warning comes before that
   */
  record Warn(Cause cause, String why, Clock running, boolean last) implements Verdict {
    @Override
    public Optional<Clock> clock() {
      return Optional.of(running);
    }
  }

  /** {@code cause} is due. */
  record Act(Cause cause, String why, Clock running) implements Verdict {
    @Override
    public Optional<Clock> clock() {
      return Optional.of(running);
    }
  }

  /**
   * {@code cause} would be due, and an exemption of its owner's lifts the limit: it is told once,
   * and nothing is done.
   */
  record Spare(Cause cause, String why, Clock running, Exemption exemption) implements Verdict {
    @Override
    public Optional<Clock> clock() {
      return Optional.of(running);
    }
  }

  /**
   * What is to be done and why.
   *
   * @param numbers what the verdict rests on, by the name that the event gives it
   */
  record Cause(Action action, Reason reason, Map<String, Object> numbers) {
    public Cause {
      numbers = Collections.unmodifiableMap(new LinkedHashMap<>(numbers));
    }
  }

  static Verdict keep(String why) {
    return new Keep(why, null);
  }
}
