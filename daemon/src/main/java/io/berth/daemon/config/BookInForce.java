package io.berth.daemon.config;

import io.berth.policies.PolicyBook;
import io.berth.policies.PolicyBook.DaemonSettings;
import io.berth.policies.PolicyLoader;
import io.berth.policies.PolicyLoader.Loaded;
import io.berth.policies.Problem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The policy book in force. A file with an error is refused whole: the book before stays, or at
 * start the last good one is taken. Safe for several threads.
 */
public final class BookInForce {

  /**
   * Hears what came of a reload, after it: where the event and all that depends on the book are.
   */
  public interface Listener {

    /** For a reload before there is anything that depends on the book. */
    Listener NOBODY =
        new Listener() {
          @Override
          public void replaced(PolicyBook now, List<Problem> notes, List<String> atNextStart) {}

          @Override
          public void refused(List<Problem> problems) {}
        };

    /**
     * Another book is in force.
     *
     * @param notes that the files gave rise to
     * @param atNextStart keys that changed and count only from the next start on
     */
    void replaced(PolicyBook now, List<Problem> notes, List<String> atNextStart);

    /** The book in force stays. */
    void refused(List<Problem> problems);
  }

  private static final Logger LOG = LoggerFactory.getLogger(BookInForce.class);

  private final Path main;
  private volatile PolicyBook book;
  private volatile boolean valid;

  private BookInForce(Path main, PolicyBook book, boolean valid) {
    this.main = main;
    this.book = book;
    this.valid = valid;
  }

  /**
   * Loads the files; if they are bad, those of the last good book.
   *
   * @throws BadConfiguration if there is none of these either
   */
  public static BookInForce start(Path main) throws BadConfiguration {
    Loaded loaded = PolicyLoader.load(main);
    PolicyBook book = loaded.book();
    if (book == null) {
      loaded.problems().forEach(BookInForce::log);
      return new BookInForce(main, lastGood(main, loaded.problems()), false);
    }
    loaded.problems().forEach(BookInForce::log);
    keep(book);
    return new BookInForce(main, book, true);
  }

  public PolicyBook book() {
    return book;
  }

  /** Whether the files, when they were last read, were those of the book in force. */
  public boolean isValid() {
    return valid;
  }

  /** Reads the files again: replaces the book whole, or keeps it whole. */
  public synchronized void reload(Listener listener) {
    Loaded loaded = PolicyLoader.load(main);
    loaded.problems().forEach(BookInForce::log);
    PolicyBook now = loaded.book();
    valid = now != null;
    if (now == null) {
      LOG.error("{} is refused; the configuration in force stays in force", main);
      listener.refused(loaded.problems());
      return;
    }
    List<String> atNextStart = atNextStart(book, now);
    book = now;
    keep(now);
    LOG.info("{} is in force", main);
    if (!atNextStart.isEmpty()) {
      LOG.warn("only from the next start on: {}", String.join(", ", atNextStart));
    }
    listener.replaced(now, loaded.problems(), atNextStart);
  }

  private static PolicyBook lastGood(Path main, List<Problem> problems) throws BadConfiguration {
    LastGoodBook lastGood = new LastGoodBook(LedgerFolder.guess(main));
    try {
      Optional<Path> copy = lastGood.of(main);
      PolicyBook book = copy.isPresent() ? PolicyLoader.load(copy.get()).book() : null;
      if (book != null) {
        LOG.error("{} is refused; starting with the last good one, {}", main, copy.get());
        return book;
      }
    } catch (IOException e) {
      LOG.warn("the last good configuration can't be read", e);
    }
    throw new BadConfiguration(
        main + " is refused, and there is no last good one: correct it (berth check-config)",
        problems);
  }

  /** That it can't be kept is no reason not to use it. */
  private static void keep(PolicyBook book) {
    Path folder = book.daemon().ledger().toAbsolutePath().getParent();
    try {
      new LastGoodBook(folder == null ? book.daemon().ledger() : folder).keep(book);
    } catch (IOException e) {
      LOG.warn("the configuration can't be kept as the last good one in {}", folder, e);
    }
  }

  /** The keys that differ and count only from the next start on. */
  public static List<String> atNextStart(PolicyBook one, PolicyBook other) {
    DaemonSettings before = one.daemon();
    DaemonSettings now = other.daemon();
    List<String> changed = new ArrayList<>();
    compare(changed, "daemon.ledger", before, now, DaemonSettings::ledger);
    compare(changed, "daemon.events", before, now, DaemonSettings::events);
    compare(changed, "daemon.socket", before, now, DaemonSettings::socket);
    compare(changed, "daemon.http", before, now, DaemonSettings::http);
    compare(changed, "daemon.metrics", before, now, DaemonSettings::metrics);
    compare(changed, "daemon.docker_host", before, now, DaemonSettings::dockerHost);
    return changed;
  }

  private static void compare(
      List<String> changed,
      String key,
      DaemonSettings before,
      DaemonSettings now,
      Function<DaemonSettings, ? extends @org.jspecify.annotations.Nullable Object> value) {
    if (!Objects.equals(value.apply(before), value.apply(now))) {
      changed.add(key);
    }
  }

  private static void log(Problem problem) {
    if (problem.severity() == Problem.Severity.ERROR) {
      LOG.error("{}", problem);
    } else {
      LOG.info("{}", problem);
    }
  }
}
