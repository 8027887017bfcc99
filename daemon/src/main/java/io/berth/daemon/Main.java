package io.berth.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.daemon.cli.BerthCli;
import java.io.PrintWriter;

/** The entry of the {@code berth} command, the daemon being one of its subcommands. */
public final class Main {

  private Main() {}

  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, UTF_8);
    // The daemon brings its logging along, which the other commands need not wait for.
    System.exit(new BerthCli(options -> new BerthDaemon().run(options), out, err).run(args));
  }
}
