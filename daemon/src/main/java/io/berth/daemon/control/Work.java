package io.berth.daemon.control;

import io.berth.daemon.control.Refusal.Code;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The threads that carry requests out: few, and apart from those of the jobs. What waits for the
 * Engine has threads of its own, and no user can have more than a few of either in hand.
 */
final class Work implements AutoCloseable {

  private static final int QUICK = 8;
  private static final int SLOW = 16;
  private static final int WAITING = 512;
  private static final int QUICK_FOR_ONE_USER = 16;
  private static final int SLOW_FOR_ONE_USER = 2;

  private final ThreadPoolExecutor quick = pool("control", QUICK);
  private final ThreadPoolExecutor slow = pool("control-slow", SLOW);
  private final Map<String, Integer> inHand = new ConcurrentHashMap<>();

  /**
   * Has it carried out, soon.
   *
   * @param request is given what is to be run when its answer was taken: until then it is in hand,
   *     so that who does not read can't have the daemon keep any number of answers
   * @throws Refusal if the peer, or everybody together, has too much in hand
   */
  void take(Peer peer, boolean isSlow, Consumer<Runnable> request) {
    String key = (isSlow ? "slow " : "quick ") + peer.user();
    int limit = isSlow ? SLOW_FOR_ONE_USER : QUICK_FOR_ONE_USER;
    int now = inHand.merge(key, 1, Integer::sum);
    AtomicBoolean ended = new AtomicBoolean();
    Runnable end =
        () -> {
          if (ended.compareAndSet(false, true)) {
            end(key);
          }
        };
    try {
      if (now > limit && !peer.superuser()) {
        throw tooMany("you have " + limit + " requests of this kind in hand: wait for their end");
      }
      (isSlow ? slow : quick)
          .execute(
              () -> {
                try {
                  request.accept(end);
                } catch (RuntimeException | Error e) {
                  end.run();
                  throw e;
                }
              });
    } catch (Refusal e) {
      end.run();
      throw e;
    } catch (RejectedExecutionException e) {
      end.run();
      throw tooMany("the daemon has too many requests in hand: try again");
    }
  }

  private void end(String key) {
    inHand.computeIfPresent(key, (same, count) -> count == 1 ? null : count - 1);
  }

  private static Refusal tooMany(String words) {
    return new Refusal(Code.TOO_MANY, words);
  }

  @Override
  public void close() {
    quick.shutdownNow();
    slow.shutdownNow();
  }

  private static ThreadPoolExecutor pool(String name, int threads) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            work -> {
              Thread thread = new Thread(work, name);
              thread.setDaemon(true);
              return thread;
            });
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }
}
