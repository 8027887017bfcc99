package io.berth.jobs.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.IntSupplier;

/**
 * The few calls of the C library that Java has no word for. What was opened here is used further
 * through {@code /proc/self/fd/N}: the kernel leads such a path to the very object that was opened,
 * whatever its name stands for by then.
 *
 * <p>Only flags that are the same on x86-64 and aarch64 are here; O_DIRECTORY and O_NOFOLLOW are
 * not.
 */
final class Libc {

  /** Of this process, by descriptor. */
  static final Path OPEN_FILES = Path.of("/proc/self/fd");

  static final int AT_FDCWD = -100;

  static final int O_WRONLY = 1;
  static final int O_CREAT = 0100;
  static final int O_EXCL = 0200;
  static final int O_NOCTTY = 0400;
  static final int O_NONBLOCK = 04000;
  static final int O_CLOEXEC = 02000000;

  /** Names an object without opening it: no FIFO blocks, no device starts to turn. */
  static final int O_PATH = 010000000;

  /** openat2(2): how the path is walked. */
  static final int RESOLVE_NO_XDEV = 0x01;

  static final int RESOLVE_NO_MAGICLINKS = 0x02;

  static final int RESOLVE_NO_SYMLINKS = 0x04;
  static final int RESOLVE_IN_ROOT = 0x10;

  /** The same number on every architecture. */
  private static final long SYS_OPENAT2 = 437;

  private static final long OPEN_HOW_SIZE = 24;

  /** After a rename somewhere on the way openat2 says EAGAIN: it wants to be asked again. */
  private static final int TRIES = 10;

  static final int ENOENT = 2;
  static final int EAGAIN = 11;
  static final int ENOTDIR = 20;
  static final int ENOSYS = 38;
  static final int ELOOP = 40;

  /** A call that failed. A sample meets one for each file that is not there, which is most. */
  static final class Failure extends IOException {

    private static final long serialVersionUID = 1L;
    private final String what;
    private final int errno;

    Failure(String what, int errno) {
      this.what = what;
      this.errno = errno;
    }

    @Override
    public String getMessage() {
      return what + ": " + describe(errno);
    }

    /** Without a stack: it would cost more than the call. */
    @Override
    public synchronized Throwable fillInStackTrace() {
      return this;
    }

    boolean is(int... codes) {
      return Arrays.stream(codes).anyMatch(code -> code == errno);
    }
  }

  /** Something open; closed once, by whoever opened it. */
  record Fd(int number) implements Closeable {

    /** Where Java finds what is open. */
    Path path() {
      return OPEN_FILES.resolve(Integer.toString(number));
    }

    /** What the kernel tells of it (proc(5)). */
    Path info() {
      return Path.of("/proc/self/fdinfo", Integer.toString(number));
    }

    @Override
    public void close() throws IOException {
      checked("close", () -> Direct.close(number));
    }
  }

  /** What a sample calls for each container: mapped directly, a fifth of the price of by name. */
  private static final class Direct {

    static {
      Native.register(Direct.class, libc());
    }

    static native int syscall(long number, long directory, byte[] path, long[] how, long size);

    static native int close(int fd);
  }

  private Libc() {}

  /**
   * openat2(2).
   *
   * @param directory where a path that is not absolute begins, or {@link #AT_FDCWD}; with {@link
   *     #RESOLVE_IN_ROOT} the root of every path and link
   * @throws Failure with {@link #ENOSYS} where the kernel is older than 5.6
   */
  static Fd openat2(int directory, String path, int flags, int mode, int resolve)
      throws IOException {
    byte[] name = bytes(path);
    long[] how = {flags | O_CLOEXEC, mode, resolve};
    for (int tries = 1; ; tries++) {
      try {
        return new Fd(
            checked(
                "open " + path,
                () -> Direct.syscall(SYS_OPENAT2, directory, name, how, OPEN_HOW_SIZE)));
      } catch (Failure e) {
        if (!e.is(EAGAIN) || tries == TRIES) {
          throw e;
        }
      }
    }
  }

  /** open(2), for a path that only root can have made. */
  static Fd open(String path, int flags) throws IOException {
    return new Fd(call("open " + path, "open", bytes(path), flags | O_CLOEXEC));
  }

  /** write(2): how many bytes were taken. */
  static int write(Fd to, byte[] content) throws IOException {
    return call("write", "write", to.number(), content, (long) content.length);
  }

  /** Replaces what has the new name; follows neither. */
  static void rename(Fd directory, String from, String to) throws IOException {
    int fd = directory.number();
    call("rename " + from + " to " + to, "renameat", fd, bytes(from), fd, bytes(to));
  }

  /** Removes a name that may be absent; follows nothing. */
  static void unlink(Fd directory, String name) throws IOException {
    try {
      call("delete " + name, "unlinkat", directory.number(), bytes(name), 0);
    } catch (Failure e) {
      if (!e.is(ENOENT)) {
        throw e;
      }
    }
  }

  private static int call(String what, String function, Object... args) throws IOException {
    return checked(what, () -> libc().getFunction(function).invokeInt(args));
  }

  private static int checked(String what, IntSupplier call) throws IOException {
    try {
      int answer = call.getAsInt();
      if (answer < 0) {
        throw new Failure(what, Native.getLastError());
      }
      return answer;
    } catch (LinkageError e) {
      throw new IOException(what + ": can't call the C library by JNA: " + e, e);
    }
  }

  /** Loaded once by JNA, which keeps it. */
  private static NativeLibrary libc() {
    return NativeLibrary.getProcess();
  }

  private static String describe(int errno) {
    Function strerror = libc().getFunction("strerror");
    return strerror.invokeString(new Object[] {errno}, false) + " (errno " + errno + ")";
  }

  /** As the kernel takes it, whatever encoding the JVM has for file names. */
  private static byte[] bytes(String path) throws IOException {
    if (path.indexOf('\0') >= 0) {
      throw new IOException("a path with a zero byte in it");
    }
    byte[] text = path.getBytes(UTF_8);
    return Arrays.copyOf(text, text.length + 1);
  }
}
