package io.berth.daemon.cli;

import io.berth.jobs.container.Container;
import io.berth.policies.ContainerType;
import io.berth.policies.JobName;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.ArgSpec;

/**
 * What may stand for an option's value or an argument, for shells to complete it.
 *
 * @param words those there are; empty where they can't be told beforehand
 * @param ask the kind of names that {@code berth complete} prints, or {@link #FILES}, or empty
 */
record Candidates(List<String> words, String ask) {

  static final String FILES = "files";
  static final String CONTAINERS = "containers";
  static final String USERS = "users";
  static final String DEVICES = "devices";

  private static final Candidates NONE = new Candidates(List.of(), "");

  /** By its type where that is a closed set, else by its label in the help. */
  static Candidates of(ArgSpec arg) {
    if (arg.type().isEnum()) {
      return words(arg.type().getEnumConstants());
    }
    return switch (arg.paramLabel()) {
      case "CONTAINER" -> new Candidates(List.of(), CONTAINERS);
      case "USER" -> new Candidates(List.of(), USERS);
      case "UUID" -> new Candidates(List.of(), DEVICES);
      case "FILE", "FOLDER" -> new Candidates(List.of(), FILES);
      case "JOB" -> new Candidates(Arrays.stream(JobName.values()).map(JobName::word).toList(), "");
      case "STATE" ->
          new Candidates(
              Arrays.stream(Container.State.values()).map(Container.State::word).toList(), "");
      case "TYPE" ->
          new Candidates(
              Arrays.stream(ContainerType.values()).map(ContainerType::word).toList(), "");
      default -> NONE;
    };
  }

  private static Candidates words(Object[] constants) {
    return new Candidates(
        Arrays.stream(constants).map(each -> each.toString().toLowerCase(Locale.ROOT)).toList(),
        "");
  }

  boolean isFiles() {
    return ask.equals(FILES);
  }
}
