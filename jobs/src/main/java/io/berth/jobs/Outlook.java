package io.berth.jobs;

import static java.util.Comparator.comparing;

import io.berth.jobs.Foresight.Opinion;
import io.berth.jobs.Prospect.Moved;
import io.berth.jobs.engine.EngineException;
import io.berth.jobs.ledger.Claim;
import io.berth.jobs.rules.Action;
import io.berth.jobs.rules.Verdict;
import io.berth.policies.JobName;
import io.berth.policies.Mode;
import io.berth.policies.PolicyBook;
import io.berth.policies.Schedule;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is to come, by the very rules that the jobs ask; looking there does nothing. */
public final class Outlook {

  private static final Logger log = LoggerFactory.getLogger(Outlook.class);

  private final Sweeps.Parts parts;
  private final Lookout lookout;
  private final Breaker breaker;
  private final Map<JobName, RuleJob> ruled;

  Outlook(Sweeps.Parts parts, Lookout lookout, Breaker breaker, Map<JobName, RuleJob> ruled) {
    this.parts = parts;
    this.lookout = lookout;
    this.breaker = breaker;
    this.ruled = ruled;
  }

  /** Names one job's act on one container. */
  private record Key(JobName job, String container) {}

  /**
   * What would be done at a moment, if nothing changed until then.
   *
   * @param supposed the mode to suppose; null: that of each job
   * @param at null: of each container what is done when that is due
   * @return empty where the Engine does not answer
   */
  public Optional<Foresight> at(@Nullable Mode supposed, @Nullable Instant at) {
    PolicyBook book = parts.book().get();
    return look(book)
        .map(
            picture -> {
              List<Opinion> opinions =
                  opinions(
                      picture,
                      job -> supposed == null ? parts.modes().of(job, book) : supposed,
                      at);
              return new Foresight(opinions, over(at), rushes(opinions, picture));
            });
  }

  /**
   * What another book changes in what is to come.
   *
   * @param before the one in force, or the one that was until a moment ago
   * @return empty where the Engine does not answer
   */
  public Optional<Prospect> compare(PolicyBook before, PolicyBook after) {
    return look(before)
        .map(
            picture -> {
              Picture other = supposing(after, picture);
              List<Opinion> then = ends(other);
              return new Prospect(moved(acts(ends(picture)), acts(then)), rushes(then, other));
            });
  }

  /**
   * What is done to a container when that rule's clock is due; looks at nothing.
   *
   * @param rule under whose name the clock is kept
   * @return empty where its owner is exempt from that at that moment
   */
  public Optional<Action> action(String rule, Subject subject, Instant due) {
    PolicyBook book = parts.book().get();
    RuleJob job =
        ruled.values().stream()
            .filter(each -> each.rule().equals(rule))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("no rule " + rule));
    return job.isExempt(subject, book, due)
        ? Optional.empty()
        : Optional.of(job.action(subject, book));
  }

  /** Holds and reservations that are over by then; null: all that end. */
  private List<Claim> over(@Nullable Instant at) {
    return parts.ledger().read(tables -> tables.devices().allocation().claims()).stream()
        .filter(each -> each.until() != null && (at == null || !each.end().isAfter(at)))
        .sorted(comparing(Claim::end).thenComparing(Claim::name))
        .toList();
  }

  private Optional<Picture> look(PolicyBook book) {
    try {
      Mode mode = parts.modes().inForce(book);
      return Optional.of(
          lookout.look(book, parts.identification().apply(book), mode, false).picture());
    } catch (EngineException e) {
      log.debug("nobody can be judged", e);
      return Optional.empty();
    }
  }

  /** Looking by a book that is not in force would record what it says: whose a container is. */
  private Picture supposing(PolicyBook book, Picture picture) {
    Identification identification = parts.identification().apply(book);
    return new Picture(
        picture.now(),
        book,
        picture.subjects().stream().map(each -> each.identified(identification)).toList(),
        picture.failed(),
        picture.engineUp(),
        picture.boot());
  }

  private List<Opinion> ends(Picture picture) {
    return opinions(picture, job -> parts.modes().of(job, picture.book()), null);
  }

  private List<Opinion> opinions(
      Picture picture, Function<JobName, Mode> modes, @Nullable Instant at) {
    List<Opinion> opinions = new ArrayList<>();
    ruled.forEach((job, rule) -> opinions.addAll(rule.opinions(picture, modes.apply(job), at)));
    return opinions;
  }

  private static Map<Key, Opinion> acts(Collection<Opinion> opinions) {
    Map<Key, Opinion> acts = new LinkedHashMap<>();
    for (Opinion each : opinions) {
      if (each.verdict() instanceof Verdict.Act) {
        acts.put(new Key(each.job(), each.subject().id()), each);
      }
    }
    return acts;
  }

  private static List<Moved> moved(Map<Key, Opinion> before, Map<Key, Opinion> after) {
    Set<Key> all = new HashSet<>(before.keySet());
    all.addAll(after.keySet());
    return all.stream()
        .map(key -> moved(before.get(key), after.get(key)))
        .filter(each -> !isSame(each.before(), each.after()))
        .sorted(
            comparing(Outlook::when)
                .thenComparing(each -> each.subject().container().name())
                .thenComparing(Moved::job))
        .toList();
  }

  private static Moved moved(@Nullable Opinion before, @Nullable Opinion after) {
    Opinion either = Objects.requireNonNull(after == null ? before : after);
    return new Moved(either.job(), either.subject(), act(before), act(after));
  }

  private static Verdict.@Nullable Act act(@Nullable Opinion opinion) {
    return opinion == null ? null : (Verdict.Act) opinion.verdict();
  }

  private static boolean isSame(Verdict.@Nullable Act one, Verdict.@Nullable Act other) {
    return one != null
        && other != null
        && one.running().due().equals(other.running().due())
        && one.cause().action() == other.cause().action();
  }

  private static Instant when(Moved moved) {
    Verdict.Act act = moved.after() == null ? moved.before() : moved.after();
    return Objects.requireNonNull(act).running().due();
  }

  /** Of each container the first act alone: what comes after it is another matter by then. */
  private List<Rush> rushes(Collection<Opinion> opinions, Picture picture) {
    Set<String> met = new HashSet<>();
    List<Wanted> wanted =
        opinions.stream()
            .flatMap(each -> Wanted.of(each).stream())
            .sorted(comparing(each -> due(each, picture)))
            .filter(each -> met.add(each.id()))
            .toList();
    List<Rush> rushes = new ArrayList<>();
    for (int i = 0; i < wanted.size(); ) {
      Instant from = due(wanted.get(i), picture);
      Instant to = from.plus(Breaker.WINDOW);
      List<Wanted> together =
          wanted.subList(i, wanted.size()).stream()
              .takeWhile(each -> !due(each, picture).isAfter(to))
              .toList();
      Rush rush = rush(from, together, picture);
      boolean isOne = rush.trips() || !rush.heldBack().isEmpty();
      if (isOne) {
        rushes.add(rush);
      }
      i += isOne ? together.size() : 1;
    }
    return rushes;
  }

  /** What is due already and was held back is wanted now. */
  private static Instant due(Wanted wanted, Picture picture) {
    Instant due = wanted.clock().due();
    return due.isBefore(picture.now()) ? picture.now() : due;
  }

  private Rush rush(Instant from, List<Wanted> together, Picture picture) {
    int stops = (int) together.stream().filter(Wanted::isStop).count();
    return new Rush(
        from,
        stops,
        together.size() - stops,
        breaker.wouldTrip(together, picture, from),
        beyondCaps(from, together, picture));
  }

  /**
   * One job's sweep: its acts that fall due between two of them are wanted by the second one.
   *
   * @param period zero where no other one follows that could be told
   */
  private record Sweep(Duration after, JobName job, Duration period) {

    static Sweep of(JobName job, Schedule schedule, Duration due) {
      if (schedule instanceof Schedule.Every every) {
        Duration begin = every.period().multipliedBy(due.dividedBy(every.period()));
        return new Sweep(begin, job, every.period());
      }
      return new Sweep(Duration.ZERO, job, Duration.ZERO);
    }

    Optional<Sweep> following() {
      Sweep following = new Sweep(after.plus(period), job, period);
      boolean isOne = !period.isZero() && following.after.compareTo(Breaker.WINDOW) <= 0;
      return isOne ? Optional.of(following) : Optional.empty();
    }
  }

  /** How many the caps would keep waiting, by the first cap: sweep for sweep, which each leaves. */
  private Map<String, Integer> beyondCaps(Instant from, List<Wanted> together, Picture picture) {
    TreeMap<Sweep, List<Wanted>> sweeps =
        new TreeMap<>(comparing(Sweep::after).thenComparing(Sweep::job));
    for (Wanted each : together) {
      JobName job = JobName.of(each.clock().rule()).orElseThrow(); // as Wanted.of has it
      Schedule schedule = picture.book().schedules().of(job);
      Sweep sweep = Sweep.of(job, schedule, Duration.between(from, due(each, picture)));
      sweeps.computeIfAbsent(sweep, same -> new ArrayList<>()).add(each);
    }
    Map<String, Integer> beyond = new LinkedHashMap<>();
    Set<String> waiting = new HashSet<>();
    int stops = Guards.stopsInHour(parts.ledger(), from);
    while (!sweeps.isEmpty()) {
      Map.Entry<Sweep, List<Wanted>> sweep = sweeps.pollFirstEntry();
      List<Wanted> left = new ArrayList<>();
      stops +=
          Guards.capped(
              sweep.getValue(),
              stops,
              picture.book().safety(),
              (each, cap) -> {
                left.add(each);
                if (waiting.add(each.id())) {
                  beyond.merge(cap, 1, Integer::sum);
                }
              });
      if (!left.isEmpty()) {
        sweep
            .getKey()
            .following()
            .ifPresent(
                next -> sweeps.computeIfAbsent(next, same -> new ArrayList<>()).addAll(0, left));
      }
    }
    return beyond;
  }
}
