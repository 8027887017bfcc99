package io.berth.jobs.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A real mount, until it is closed. */
final class TestMount implements AutoCloseable {

  private static final int O_RDWR = 2;
  private static final int MNT_DETACH = 2;

  private final Path point;
  private final Libc.@Nullable Fd server;

  private TestMount(Path point, String type, String options, Libc.@Nullable Fd server) {
    this.point = point;
    this.server = server;
    int answer =
        call("mount", text("berth-test"), text(point.toString()), text(type), 0L, text(options));
    assumeTrue(answer == 0, "needs the right to mount (CAP_SYS_ADMIN)");
  }

  /** A FUSE file system whose server never answers: who looks into it waits until it is closed. */
  static TestMount hung(Path point) throws IOException {
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "needs FUSE and root: /dev/fuse");
    Libc.Fd server = Libc.open("/dev/fuse", O_RDWR);
    String options = "fd=" + server.number() + ",rootmode=40000,user_id=0,group_id=0";
    return new TestMount(point, "fuse", options, server);
  }

  /** A file system with room for 64 KiB. */
  static TestMount small(Path point) {
    return new TestMount(point, "tmpfs", "size=64k", null);
  }

  Path point() {
    return point;
  }

  private static int call(String function, Object... args) {
    return NativeLibrary.getProcess().getFunction(function).invokeInt(args);
  }

  private static byte[] text(String text) {
    return (text + "\0").getBytes(UTF_8);
  }

  @Override
  public void close() throws IOException {
    if (server != null) {
      server.close();
    }
    call("umount2", text(point.toString()), MNT_DETACH);
  }
}
