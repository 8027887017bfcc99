package io.berth.daemon;

import io.berth.daemon.cli.DaemonRunner;
import io.berth.daemon.cli.ExitCode;
import io.berth.daemon.config.BadConfiguration;
import io.berth.daemon.config.BookInForce;
import io.berth.daemon.process.Heartbeat;
import io.berth.daemon.process.Logging;
import io.berth.daemon.process.ServiceManager;
import io.berth.daemon.process.Signals;
import io.berth.jobs.engine.DockerEngine;
import io.berth.jobs.engine.Engine;
import io.berth.jobs.engine.EngineException;
import io.berth.jobs.ledger.Ledger;
import io.berth.jobs.ledger.LedgerException;
import io.berth.policies.PolicyBook;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The daemon's life: what must be there at its start, the wait for its end, and its exit code. */
final class BerthDaemon implements DaemonRunner {

  private static final String DEFAULT_ENGINE = "unix:///var/run/docker.sock";
  private static final int RETRY_SECONDS = 2;
  private static final Logger log = LoggerFactory.getLogger(BerthDaemon.class);

  private final ServiceManager manager =
      ServiceManager.of(System.getenv(), ProcessHandle.current().pid(), System::nanoTime);

  /** While something is not there: nothing is stuck, it only has not come yet. */
  private record Waiting(String what) implements Heartbeat.Life {

    @Override
    public Optional<String> stuck() {
      return Optional.empty();
    }

    @Override
    public String status() {
      return "waiting for " + what;
    }
  }

  @Override
  public int run(Options options) {
    CountDownLatch end = new CountDownLatch(1);
    Hangups hangups = new Hangups();
    Signals.listen(end::countDown, hangups::came);
    try {
      BookInForce books = BookInForce.start(options.config());
      Logging.setLevel(books.book().daemon().logLevel());
      return run(options, books, end, hangups);
    } catch (BadConfiguration e) {
      log.error("{}", e.getMessage());
      return ExitCode.CONFIG;
    } catch (LedgerException | IOException | IllegalArgumentException e) {
      log.error("{}", e.getMessage());
      return ExitCode.FAILED;
    }
  }

  private int run(Options options, BookInForce books, CountDownLatch end, Hangups hangups)
      throws IOException {
    PolicyBook book = books.book();
    URI address = engineAddress(book, System.getenv());
    Path file = book.daemon().ledger();
    try (Heartbeat heartbeat = Heartbeat.start(manager, new Waiting("the ledger " + file));
        Ledger ledger = ledger(file, options.waitForEngine(), end);
        DockerEngine engine =
            new DockerEngine(
                address,
                () -> books.book().safety().engineTimeout(),
                () -> books.book().gpu().countImageEnv())) {
      if (ledger == null) {
        return ExitCode.DONE;
      }
      heartbeat.turnTo(new Waiting("the Docker Engine at " + address));
      if (!isThere(engine, address, options.waitForEngine(), end, hangups)) {
        return end.getCount() == 0 ? ExitCode.DONE : ExitCode.NO_ENGINE;
      }
      if (hangups.take()) {
        books.reload(BookInForce.Listener.NOBODY); // nothing may rest on the book from before
      }
      try (Wiring wiring =
          new Wiring(options, books, ledger, engine, address, manager.patience())) {
        heartbeat.turnTo(wiring.life());
        hangups.lead(() -> reload(wiring));
        manager.ready(wiring.life().status());
        end.await();
        log.info("told to end");
        manager.stopping();
      }
      return ExitCode.DONE;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCode.FAILED;
    }
  }

  private void reload(Wiring wiring) {
    manager.reloading();
    wiring.reload(() -> manager.ready(wiring.life().status()));
  }

  /** SIGHUPs. One that comes before anybody can reload is kept until somebody can. */
  private static final class Hangups {
    private boolean pending;
    private @Nullable Runnable reload;

    synchronized void came() {
      if (reload == null) {
        pending = true;
      } else {
        reload.run();
      }
    }

    /** Whether one came that led to nothing yet; from now on it did. */
    synchronized boolean take() {
      boolean was = pending;
      pending = false;
      return was;
    }

    /** From now on each leads to that; it must be quick. */
    synchronized void lead(Runnable to) {
      reload = to;
      if (take()) {
        to.run();
      }
    }
  }

  /** {@code daemon.docker_host}, else {@code DOCKER_HOST}, else the Engine's default. */
  static URI engineAddress(PolicyBook book, Map<String, String> environment) {
    String configured = book.daemon().dockerHost();
    String fromEnvironment = environment.getOrDefault("DOCKER_HOST", "");
    if (configured != null) {
      return URI.create(configured);
    }
    return URI.create(fromEnvironment.isBlank() ? DEFAULT_ENGINE : fromEnvironment.strip());
  }

  /**
   * The ledger. A service that ended for want of room would be started again some times and then
   * left alone, so it waits until there is room.
   *
   * @return null where the daemon is to end before
   */
  private @Nullable Ledger ledger(Path file, boolean wait, CountDownLatch end)
      throws InterruptedException {
    boolean said = false;
    do {
      try {
        return Ledger.open(file, Instant.now());
      } catch (LedgerException e) {
        if (!wait || !e.isOfTheDisk()) {
          throw e;
        }
        if (!said) {
          log.error("{}; nothing is done until it can be, which is tried again", e.getMessage());
          manager.ready(new Waiting("the ledger " + file).status());
          said = true;
        }
      }
    } while (!end.await(RETRY_SECONDS, TimeUnit.SECONDS));
    return null;
  }

  /** Whether the Engine answers; where told to wait, asks until it does or the daemon is to end. */
  private boolean isThere(
      Engine engine, URI address, boolean wait, CountDownLatch end, Hangups hangups)
      throws InterruptedException {
    boolean said = false;
    while (true) {
      try {
        Engine.Info info = engine.info();
        log.info("Docker Engine {} at {}, API {}", info.version(), address, info.apiVersion());
        return true;
      } catch (EngineException e) {
        if (!wait) {
          log.error(
              "the Docker Engine at {} is unreachable: {}; start it, set DOCKER_HOST or"
                  + " daemon.docker_host, or give --wait-for-engine",
              address,
              e.getMessage());
          return false;
        }
        if (!said) {
          log.warn("waiting for the Docker Engine at {}: {}", address, e.getMessage());
          // A start that ends with the Engine's would hold up the boot, or the package's
          // installation.
          manager.ready(new Waiting("the Docker Engine at " + address).status());
          hangups.came(); // it may take days: whatever the files are by then is read
          said = true;
        }
      }
      if (end.await(RETRY_SECONDS, TimeUnit.SECONDS)) {
        return false;
      }
    }
  }
}
