package io.berth.jobs.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** A real terminal of this test's user, and somebody who looks at it. */
public final class Pty implements AutoCloseable {

  private static final int O_RDWR = 2;
  private static final int TCOOFF = 0;
  private static final NativeLibrary C = NativeLibrary.getProcess();

  private final Libc.Fd master;
  private final Libc.Fd slave;
  private final Path device;

  private Pty(Libc.Fd master, Libc.Fd slave, Path device) {
    this.master = master;
    this.slave = slave;
    this.device = device;
  }

  /**
   * A new one.
   *
   * @param permissions of its device, such as {@code rw--w----}
   */
  public static Pty open(String permissions) throws IOException {
    assumeTrue(Files.exists(Path.of("/dev/ptmx")), "needs pseudo terminals: /dev/ptmx");
    Libc.Fd master = Libc.open("/dev/ptmx", O_RDWR | Libc.O_NOCTTY | Libc.O_NONBLOCK);
    call("unlockpt", master.number());
    byte[] name = new byte[64];
    call("ptsname_r", master.number(), name, 64L);
    Path device = Path.of(new String(name, UTF_8).split("\0", -1)[0]);
    Libc.Fd slave = Libc.open(device.toString(), O_RDWR | Libc.O_NOCTTY);
    Files.setPosixFilePermissions(device, PosixFilePermissions.fromString(permissions));
    return new Pty(master, slave, device);
  }

  private static int call(String function, Object... args) {
    int answer = C.getFunction(function).invokeInt(args);
    if (answer < 0) {
      throw new IllegalStateException(function);
    }
    return answer;
  }

  /** Such as {@code pts/3}. */
  public String line() {
    return Path.of("/dev").relativize(device).toString();
  }

  /** A /dev with these terminals alone, so that no test writes to those of whoever runs it. */
  public static Path dev(Path folder, Pty... terminals) throws IOException {
    Path dev = folder.resolve("dev");
    Files.createDirectories(dev.resolve("pts"));
    for (Pty terminal : terminals) {
      Files.createSymbolicLink(dev.resolve(terminal.line()), terminal.device);
    }
    return dev;
  }

  /** As Ctrl-S does. */
  void halt() {
    call("tcflow", slave.number(), TCOOFF);
  }

  /** What was written to it by now, its bytes as they came. */
  public List<Integer> bytes() {
    List<Integer> all = new ArrayList<>();
    byte[] chunk = new byte[4_096];
    for (int count = read(chunk); count > 0; count = read(chunk)) {
      for (int i = 0; i < count; i++) {
        all.add(chunk[i] & 0xff);
      }
    }
    return all;
  }

  /** The same as text, without carriage returns. */
  public String text() {
    StringBuilder text = new StringBuilder();
    bytes().stream().filter(one -> one != '\r').forEach(one -> text.append((char) (int) one));
    return text.toString();
  }

  private int read(byte[] chunk) {
    return C.getFunction("read").invokeInt(new Object[] {master.number(), chunk, 4_096L});
  }

  @Override
  public void close() throws IOException {
    slave.close();
    master.close();
  }
}
