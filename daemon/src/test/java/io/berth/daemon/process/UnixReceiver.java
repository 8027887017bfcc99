package io.berth.daemon.process;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.jna.NativeLibrary;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** The end that receives, as systemd has it: a datagram socket at a path or abstract. */
final class UnixReceiver implements AutoCloseable {

  private static final int AF_UNIX = 1;
  private static final int SOCK_DGRAM = 2;
  private static final int SOL_SOCKET = 1;
  private static final int SO_RCVTIMEO = 20;
  private static final long PATIENCE_SECONDS = 10;

  private final int fd;

  /**
   * @param name a path, or {@code @} and a name
   */
  UnixReceiver(String name) {
    fd = call("socket", AF_UNIX, SOCK_DGRAM, 0);
    byte[] path = name.getBytes(UTF_8);
    ByteBuffer address = ByteBuffer.allocate(2 + path.length).order(ByteOrder.nativeOrder());
    address.putShort((short) AF_UNIX).put(path);
    if (name.startsWith("@")) {
      address.put(2, (byte) 0);
    }
    check(call("bind", fd, address.array(), address.capacity()));
    ByteBuffer patience = ByteBuffer.allocate(16).order(ByteOrder.nativeOrder());
    patience.putLong(PATIENCE_SECONDS).putLong(0);
    check(call("setsockopt", fd, SOL_SOCKET, SO_RCVTIMEO, patience.array(), 16));
  }

  /** The next message; waits for it for some seconds. */
  String next() {
    return new String(nextBytes(), UTF_8);
  }

  byte[] nextBytes() {
    byte[] message = new byte[1 << 18];
    int length = check(call("recv", fd, message, (long) message.length, 0));
    return Arrays.copyOf(message, length);
  }

  @Override
  public void close() {
    check(call("close", fd));
  }

  private static int check(int answer) {
    if (answer < 0) {
      throw new IllegalStateException("a call on the test's socket failed, or nothing came");
    }
    return answer;
  }

  private static int call(String function, Object... arguments) {
    return NativeLibrary.getProcess().getFunction(function).invokeInt(arguments);
  }
}
