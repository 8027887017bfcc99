package io.berth.jobs.gpu;

import com.sun.jna.Function;
import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The driver's libnvidia-ml, loaded. Each symbol is looked up when it is called, so that one that
 * this driver lacks costs its own feature only. Used by one thread at a time.
 */
final class NvmlLibrary {

  private static final int RTLD_LAZY = 1;

  private final NativeLibrary library;

  private NvmlLibrary(NativeLibrary library) {
    this.library = library;
  }

  /**
   * Loads it without initialising it; {@code name} is a path, or a name for the system's search.
   */
  static NvmlLibrary load(String name) throws NvmlException {
    // The last entry makes JNA open a handle of our own instead of a cached one: unload() must not
    // take the library from under another user in this process.
    Map<String, Object> options =
        Map.of(Library.OPTION_OPEN_FLAGS, RTLD_LAZY, "io.berth.handle", new Object());
    try {
      return new NvmlLibrary(NativeLibrary.getInstance(name, options));
    } catch (LinkageError e) { // the library's, or JNA's own
      throw new NvmlException(
          NvmlCode.LIBRARY_NOT_FOUND,
          "can't load "
              + name
              + ": install the NVIDIA driver, or correct gpu.nvml_library (none: a host without"
              + " GPUs); "
              + firstLine(e));
    }
  }

  void unload() {
    library.close();
  }

  boolean has(String symbol) {
    try {
      library.getFunction(symbol);
      return true;
    } catch (UnsatisfiedLinkError e) {
      return false;
    }
  }

  /** Calls it and returns its code, whatever that is; a missing symbol is an exception. */
  int code(String symbol, @Nullable Object... args) throws NvmlException {
    Function function;
    try {
      function = library.getFunction(symbol);
    } catch (UnsatisfiedLinkError e) {
      throw new NvmlException(
          NvmlCode.FUNCTION_NOT_FOUND, "this driver's NVML has no " + symbol + ": it is too old");
    }
    return function.invokeInt(args);
  }

  void call(String symbol, @Nullable Object... args) throws NvmlException {
    int code = code(symbol, args);
    if (code != NvmlCode.SUCCESS) {
      throw error(symbol, code);
    }
  }

  /** Calls a function that writes a handle behind its arguments. */
  Pointer handle(String symbol, Object... args) throws NvmlException {
    PointerByReference out = new PointerByReference();
    call(symbol, append(args, out));
    return out.getValue();
  }

  /** Calls a function that writes an unsigned int behind its arguments. */
  int number(String symbol, Object... args) throws NvmlException {
    IntByReference out = new IntByReference();
    call(symbol, append(args, out));
    return out.getValue();
  }

  /** Calls a function that writes a string of at most {@code size} bytes behind its arguments. */
  String text(int size, String symbol, Object... args) throws NvmlException {
    try (Memory buffer = new Memory(size + 1L)) {
      buffer.clear();
      call(symbol, append(append(args, buffer), size));
      return buffer.getString(0, "UTF-8");
    }
  }

  NvmlException error(String symbol, int code) {
    String advice = NvmlCode.advice(code);
    return new NvmlException(
        code,
        symbol
            + ": "
            + errorString(code)
            + " ("
            + code
            + ")"
            + (advice.isEmpty() ? "" : "; " + advice));
  }

  private String errorString(int code) {
    try {
      Pointer text = library.getFunction("nvmlErrorString").invokePointer(new Object[] {code});
      return text == null ? "unnamed error" : text.getString(0, "UTF-8");
    } catch (UnsatisfiedLinkError e) {
      return "error"; // the code follows
    }
  }

  private static Object[] append(Object[] args, Object last) {
    Object[] all = new Object[args.length + 1];
    System.arraycopy(args, 0, all, 0, args.length);
    all[args.length] = last;
    return all;
  }

  private static String firstLine(Throwable e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }
}
