package io.berth.daemon.control;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import jdk.net.ExtendedSocketOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells who is at the other end of a connection: by {@code SO_PEERCRED}, which nobody can forge.
 *
 * <p>The JDK gives the uid's name along with it, from the user database, which may hang on a
 * directory. So it is asked on threads of its own, with a deadline; without an answer nobody knows
 * who the peer is, and it may do nothing.
 */
final class Peers implements AutoCloseable {

  private static final int AT_ONCE = 8;
  private static final int WAITING = 256;
  private static final Duration DEADLINE = Duration.ofSeconds(2);

  /** What the JDK gives where a uid has no name: its number, as a signed one. */
  private static final Pattern NUMBER = Pattern.compile("-?[0-9]+");

  private static final Logger LOG = LoggerFactory.getLogger(Peers.class);

  private final Set<UserPrincipal> superusers = new HashSet<>();
  private final ThreadPoolExecutor lookUps =
      new ThreadPoolExecutor(
          AT_ONCE, AT_ONCE, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING), Peers::thread);

  /**
   * @throws IOException if the daemon's own user can't be told
   */
  Peers() throws IOException {
    lookUps.allowCoreThreadTimeOut(true);
    // Compared by uid: root may have another name, and the daemon may run as somebody else.
    superusers.add(Files.getOwner(Path.of("/proc/self")));
    superusers.add(
        FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName("root"));
  }

  /** Never throws, never takes longer than its deadline. */
  Peer of(SocketChannel channel) {
    try {
      Future<UserPrincipal> answer =
          lookUps.submit(() -> channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user());
      try {
        return peer(answer.get(DEADLINE.toMillis(), TimeUnit.MILLISECONDS));
      } catch (ExecutionException e) {
        LOG.debug("a peer that can't be told, such as one that has left already", e);
        return Peer.UNTOLD;
      } catch (TimeoutException e) {
        answer.cancel(true);
        LOG.warn("the user database hangs: who connects to the control socket can't be told");
        return Peer.UNTOLD;
      }
    } catch (RejectedExecutionException e) {
      LOG.warn("the user database hangs: who connects to the control socket can't be told");
      return Peer.UNTOLD;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Peer.UNTOLD;
    }
  }

  private Peer peer(UserPrincipal user) {
    String name = user.getName();
    return new Peer(NUMBER.matcher(name).matches() ? "" : name, superusers.contains(user), true);
  }

  @Override
  public void close() {
    lookUps.shutdownNow();
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "control-peer");
    thread.setDaemon(true);
    return thread;
  }
}
