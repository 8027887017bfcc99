package io.berth.daemon.control;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.unixdomain.server.UnixDomainServerConnector;

/**
 * The connections to the control socket, and who is at their other ends. One user can only have so
 * many, so that nobody's silent ones keep others away.
 */
final class Connections extends UnixDomainServerConnector {

  private static final int FOR_ONE_USER = 32;

  private final Peers peers;
  private final Map<EndPoint, Peer> open = new ConcurrentHashMap<>();

  Connections(Server server, Peers peers, HttpConnectionFactory http) {
    super(server, 1, 1, http);
    this.peers = peers;
  }

  /** Who is at the other end. */
  Peer peerOf(EndPoint end) {
    return open.getOrDefault(end, Peer.UNTOLD);
  }

  @Override
  protected void onEndPointOpened(EndPoint end) {
    super.onEndPointOpened(end);
    Peer peer =
        end instanceof SocketChannelEndPoint socket ? peers.of(socket.getChannel()) : Peer.UNTOLD;
    if (!peer.superuser() && connectionsOf(peer) >= FOR_ONE_USER) {
      end.close();
    } else {
      open.put(end, peer);
    }
  }

  private long connectionsOf(Peer peer) {
    return open.values().stream().filter(peer::equals).count();
  }

  @Override
  protected void onEndPointClosed(EndPoint end) {
    open.remove(end);
    super.onEndPointClosed(end);
  }
}
