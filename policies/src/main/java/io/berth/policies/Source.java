package io.berth.policies;

import java.util.Optional;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.nodes.Node;

/**
 * One file that is being read: its name as it was opened, and where its problems go.
 *
 * @param file the name that problems and provenance show
 */
record Source(String file, Problems problems) {

  /** A problem of the file as a whole. */
  void error(String what, String meant) {
    problems.add(new Problem(Problem.Severity.ERROR, file, 0, 0, what, meant));
  }

  void error(int line, int column, String what, String meant) {
    problems.add(new Problem(Problem.Severity.ERROR, file, line, column, what, meant));
  }

  void error(Node at, String what, String meant) {
    problems.add(problem(Problem.Severity.ERROR, at, what, meant));
  }

  /** A note on the file as a whole. */
  void note(String what, String meant) {
    problems.add(new Problem(Problem.Severity.NOTE, file, 0, 0, what, meant));
  }

  Problem problem(Problem.Severity severity, Node at, String what, String meant) {
    return new Problem(severity, file, line(at), column(at), what, meant);
  }

  /** From 1. */
  static int line(Node node) {
    return 1 + Optional.ofNullable(node.getStartMark()).map(Mark::getLine).orElse(0);
  }

  /** From 1. */
  static int column(Node node) {
    return 1 + Optional.ofNullable(node.getStartMark()).map(Mark::getColumn).orElse(0);
  }
}
