package io.berth.daemon.control;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.unixdomain.server.UnixDomainServerConnector;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * The connections to the control socket, and who is at their other ends. One user can only have so
 * many, so that nobody's silent ones keep others away, and none lasts for long.
 */
final class Connections extends UnixDomainServerConnector {

  private static final int FOR_ONE_USER = 32;

  /** Further ones that are told that they are too many; all others are hung up on. */
  private static final int TOLD = 32;

  /** How long those have to ask and be told. */
  private static final Duration TELLING = Duration.ofSeconds(5);

  /** A connection that is open, and what ends it when it has lasted for too long. */
  private record Open(Peer peer, boolean isTooMany, Scheduler.Task end) {}

  private final Peers peers;
  private final Duration life;
  private final Map<EndPoint, Open> open = new ConcurrentHashMap<>();

  /**
   * @param life of a connection, at most
   */
  Connections(Server server, Peers peers, HttpConnectionFactory http, Duration life) {
    super(server, 1, 1, http);
    this.peers = peers;
    this.life = life;
  }

  /** Who is at the other end. */
  Peer peerOf(EndPoint end) {
    Open it = open.get(end);
    return it == null ? Peer.UNTOLD : it.peer();
  }

  /**
   * Lets it ask.
   *
   * @throws Refusal if its user has too many
   */
  void admit(EndPoint end) {
    Open it = open.get(end);
    if (it != null && it.isTooMany()) {
      throw new Refusal(
          Refusal.Code.TOO_MANY,
          "you have " + FOR_ONE_USER + " connections open: end some, or wait for their end");
    }
  }

  @Override
  protected void onEndPointOpened(EndPoint end) {
    super.onEndPointOpened(end);
    Peer peer =
        end instanceof SocketChannelEndPoint socket ? peers.of(socket.getChannel()) : Peer.UNTOLD;
    long others = peer.superuser() ? 0 : connectionsOf(peer);
    if (others >= FOR_ONE_USER + TOLD) {
      end.close();
      return;
    }
    boolean isTooMany = others >= FOR_ONE_USER;
    Scheduler.Task atLast =
        getScheduler()
            .schedule(end::close, (isTooMany ? TELLING : life).toMillis(), TimeUnit.MILLISECONDS);
    open.put(end, new Open(peer, isTooMany, atLast));
  }

  private long connectionsOf(Peer peer) {
    return open.values().stream().filter(each -> each.peer().equals(peer)).count();
  }

  @Override
  protected void onEndPointClosed(EndPoint end) {
    Open it = open.remove(end);
    if (it != null) {
      it.end().cancel();
    }
    super.onEndPointClosed(end);
  }
}
