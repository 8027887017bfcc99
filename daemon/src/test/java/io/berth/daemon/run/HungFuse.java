package io.berth.daemon.run;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a container does in its shell to have a FUSE file system of its own that hangs. */
public final class HungFuse {

  /**
   * What happens in a kernel when it asks a server of FUSE that took the question and never
   * answers: the process that waits can't be ended, not even by SIGKILL, for as long as the server
   * lives. The server is its own child, which first answers FUSE_INIT (struct fuse_init_out,
   * version 7.31) as any server does.
   */
  public static final String UNSTOPPABLE =
      """
      mkdir /hung; exec 3<>/dev/fuse
      mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 hung /hung
      (
        dd bs=1M count=1 <&3 >/init
        { printf '\\120\\0\\0\\0\\0\\0\\0\\0'; dd if=/init bs=8 skip=1 count=1
          printf '\\7\\0\\0\\0\\37\\0\\0\\0'; dd if=/dev/zero bs=56 count=1; } >/answer
        dd if=/answer bs=80 count=1 >&3
        while :; do dd bs=1M count=1 <&3 >/dev/null; done
      ) 2>/dev/null &
      exec 3>&-; exec cat /hung/x
      """;

  /** The options of a container that may mount. */
  public static final List<String> RIGHTS =
      List.of(
          "--device=/dev/fuse",
          "--cap-add=SYS_ADMIN",
          "--security-opt=seccomp=unconfined",
          "--security-opt=apparmor=unconfined");

  private HungFuse() {}

  /** Whether this host lets a container have one. */
  public static boolean isPossible() {
    return Files.isWritable(Path.of("/dev/fuse"));
  }

  /** Mounts one there whose server does not even read: who looks into it waits. */
  public static String at(String folder) {
    return "exec 3<>/dev/fuse; mount -i -t fuse -o"
        + " fd=3,rootmode=40000,user_id=0,group_id=0 hung "
        + folder
        + "; ";
  }
}
