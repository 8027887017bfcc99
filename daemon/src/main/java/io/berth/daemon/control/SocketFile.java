package io.berth.daemon.control;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file of the control socket. Everybody may connect to it: the kernel's word on who does, and
 * not the file's mode, decides what they may.
 */
final class SocketFile {

  private static final String MODE = "rw-rw-rw-";
  private static final String FOLDER_MODE = "rwxr-xr-x";
  private static final int TYPE = 0170000;
  private static final int SOCKET = 0140000;
  private static final Logger LOG = LoggerFactory.getLogger(SocketFile.class);

  private final Path path;

  SocketFile(Path path) {
    this.path = path.toAbsolutePath();
  }

  /**
   * Makes room: a socket that nobody listens on any more is removed, nothing else ever is.
   *
   * @throws IOException if somebody listens there, or it is no socket; the message says what to do
   */
  void clear() throws IOException {
    Path folder = path.getParent();
    if (folder != null && !Files.isDirectory(folder)) {
      Files.createDirectories(folder);
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(FOLDER_MODE));
    }
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!isSocket()) {
      throw new IOException(
          "daemon.socket: " + path + " is there and is no socket: move it away, or set another");
    }
    if (isListenedOn()) {
      throw new IOException(
          "daemon.socket: another berthd listens on "
              + path
              + ": end it, or set another daemon.socket");
    }
    LOG.info("nobody listens on {} any more: it is replaced", path);
    Files.delete(path);
  }

  private boolean isSocket() throws IOException {
    Object mode = Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    return mode instanceof Integer bits && (bits & TYPE) == SOCKET;
  }

  /** Only a refusal says that nobody does; a full queue, for one, says the contrary. */
  private boolean isListenedOn() {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.configureBlocking(false);
      channel.connect(UnixDomainSocketAddress.of(path));
      return true;
    } catch (ConnectException e) {
      return false;
    } catch (IOException e) {
      LOG.debug("{} does not refuse a connection", path, e);
      return true;
    }
  }

  /** Opens it to everybody, and gives it to the group, if there is one. */
  void open(String group) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(MODE));
    try {
      GroupPrincipal principal =
          path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName(group);
      PosixFileAttributeView file = Files.getFileAttributeView(path, PosixFileAttributeView.class);
      if (!file.readAttributes().group().equals(principal)) { // the unit forbids chown(2)
        file.setGroup(principal);
      }
    } catch (IOException e) {
      LOG.info(
          "{} is not given to the group {}: {}; its mode lets everybody in",
          path,
          group,
          e.toString());
    }
  }
}
