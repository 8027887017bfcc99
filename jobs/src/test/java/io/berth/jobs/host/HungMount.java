package io.berth.jobs.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A FUSE file system whose server never answers: who looks into it waits, until it is closed. */
final class HungMount implements AutoCloseable {

  private static final int O_RDWR = 2;
  private static final int MNT_DETACH = 2;

  private final Libc.Fd server;
  private final Path point;

  private HungMount(Libc.Fd server, Path point) {
    this.server = server;
    this.point = point;
  }

  static HungMount at(Path point) throws IOException {
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "needs FUSE and root: /dev/fuse");
    Libc.Fd server = Libc.open("/dev/fuse", O_RDWR);
    String options = "fd=" + server.number() + ",rootmode=40000,user_id=0,group_id=0";
    int answer =
        call("mount", text("hung"), text(point.toString()), text("fuse"), 0L, text(options));
    assumeTrue(answer == 0, "needs the right to mount (CAP_SYS_ADMIN)");
    return new HungMount(server, point);
  }

  private static int call(String function, @Nullable Object... args) {
    return NativeLibrary.getProcess().getFunction(function).invokeInt(args);
  }

  private static byte[] text(String text) {
    return (text + "\0").getBytes(UTF_8);
  }

  /** Whoever waits gets an error. */
  @Override
  public void close() throws IOException {
    server.close();
    call("umount2", text(point.toString()), MNT_DETACH);
  }
}
