package io.berth.daemon.cli;

import io.berth.policies.PolicyBook;

/** One screen of what a policy book says. */
final class Summary {

  private Summary() {}

  static String of(PolicyBook book) {
    return "mode " + book.safety().mode().word() + "\n";
  }
}
