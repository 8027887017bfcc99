package io.berth.daemon.process;

import java.lang.reflect.Proxy;

/**
 * The signals the daemon listens to. SIGTERM and SIGINT ask it to end, SIGHUP to read the
 * configuration again; the JVM's own answer to each would be to end with the signal's exit code.
 *
 * <p>By reflection: {@code sun.misc.Signal} of jdk.unsupported is the only way the JDK has (JEP
 * 260), and javac has a warning for it that can't be suppressed.
 */
public final class Signals {

  private Signals() {}

  /**
   * Listens from now on. Each is called on a thread of its own, possibly several times.
   *
   * @param end must not wait for the end of the process
   */
  public static void listen(Runnable end, Runnable reload) {
    try {
      handle("TERM", end);
      handle("INT", end);
      handle("HUP", reload);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this JVM has no sun.misc.Signal: use a full JDK 17", e);
    }
  }

  private static void handle(String name, Runnable action) throws ReflectiveOperationException {
    Class<?> signal = Class.forName("sun.misc.Signal");
    Class<?> handler = Class.forName("sun.misc.SignalHandler");
    Object forwarding =
        Proxy.newProxyInstance(
            Signals.class.getClassLoader(),
            new Class<?>[] {handler},
            (proxy, method, args) -> {
              if (method.getName().equals("handle")) {
                action.run();
                return null;
              }
              return method.invoke(action, args); // equals, hashCode, toString
            });
    signal
        .getMethod("handle", signal, handler)
        .invoke(null, signal.getConstructor(String.class).newInstance(name), forwarding);
  }
}
