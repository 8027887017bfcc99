package io.berth.daemon.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Datagrams to one Unix socket, which Java has no word for: its own Unix sockets are streams.
 *
 * <p>Each is sent on a socket of its own. They are not many, and a receiver that was restarted is
 * found again.
 */
final class UnixDatagrams {

  /** The same numbers on x86-64 and aarch64 (unix(7), socket(2), send(2)). */
  private static final int AF_UNIX = 1;

  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 02000000;
  private static final int MSG_DONTWAIT = 0x40;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int EAGAIN = 11;

  /** What sun_path takes, its last zero byte included. */
  private static final int MAX_PATH = 108;

  private final String name;
  private final byte[] address;

  /**
   * @param name a path, or {@code @} and the name of an abstract socket
   * @throws IllegalArgumentException if no Unix socket can have this name
   */
  UnixDatagrams(String name) {
    this.name = name;
    this.address = addressOf(name);
  }

  /** The receiver's queue is full: it is there, and does not come to it. */
  static final class QueueFullException extends IOException {

    private static final long serialVersionUID = 1L;

    private QueueFullException(String message) {
      super(message);
    }
  }

  void send(String text) throws IOException {
    send(text.getBytes(UTF_8));
  }

  /**
   * Never waits.
   *
   * @throws QueueFullException if the receiver's queue is full
   * @throws IOException if nobody receives there, or the message is too long for a datagram
   */
  void send(byte[] message) throws IOException {
    int socket = call("socket", AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    try {
      call(
          "sendto",
          socket,
          message,
          (long) message.length,
          MSG_DONTWAIT | MSG_NOSIGNAL,
          address,
          address.length);
    } finally {
      call("close", socket);
    }
  }

  /** A sockaddr_un: an abstract name begins with a zero byte, a path ends with one. */
  private static byte[] addressOf(String name) {
    boolean isAbstract = name.startsWith("@");
    byte[] path = name.getBytes(UTF_8);
    if (!(isAbstract || name.startsWith("/")) || path.length < 2 || path.length >= MAX_PATH) {
      throw new IllegalArgumentException(
          "\"" + name + "\" is no Unix socket: give a path of up to 107 bytes, or @ and a name");
    }
    ByteBuffer address = ByteBuffer.allocate(2 + path.length + (isAbstract ? 0 : 1));
    address.order(ByteOrder.nativeOrder()).putShort((short) AF_UNIX).put(path);
    if (isAbstract) {
      address.put(2, (byte) 0);
    }
    return address.array();
  }

  private int call(String function, Object... arguments) throws IOException {
    try {
      NativeLibrary libc = NativeLibrary.getProcess();
      int answer = libc.getFunction(function).invokeInt(arguments);
      if (answer < 0) {
        int errno = Native.getLastError();
        String what = function + " for " + name + ": " + describe(libc, errno);
        throw errno == EAGAIN ? new QueueFullException(what) : new IOException(what);
      }
      return answer;
    } catch (LinkageError e) {
      throw new IOException("can't call " + function + " of the C library by JNA: " + e, e);
    }
  }

  private static String describe(NativeLibrary libc, int errno) {
    Function strerror = libc.getFunction("strerror");
    return strerror.invokeString(new Object[] {errno}, false) + " (errno " + errno + ")";
  }
}
