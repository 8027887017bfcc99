package io.berth.daemon.control;

/**
 * Who is at the other end of a connection, as the kernel says.
 *
 * @param user the name of its user; empty where its uid has none: it may do nothing
 * @param superuser whether it is root, or the user the daemon runs as
 * @param told whether that could be told; a user database that hangs says nothing
 */
record Peer(String user, boolean superuser, boolean told) {

  static final Peer UNTOLD = new Peer("", false, false);

  boolean isKnown() {
    return superuser || !user.isEmpty();
  }
}
