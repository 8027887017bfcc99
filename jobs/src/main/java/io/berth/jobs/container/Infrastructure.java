package io.berth.jobs.container;

import io.berth.policies.PolicyBook;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rules that exempt a container from every job, without exception (DESIGN section 4,
 * "Infrastructure"; invariant 1).
 */
public final class Infrastructure {

  private static final List<String> LABELS = List.of("ds01.monitoring", "ds01.protected");
  private static final Set<String> NO = Set.of("", "false", "0", "no");

  /** Who else may control a container, told by what its labels begin with. */
  private enum Controller {
    SWARM("Docker Swarm", "com.docker.swarm."),
    KUBERNETES("Kubernetes", "io.kubernetes.");

    private final String title;
    private final String labelPrefix;

    Controller(String title, String labelPrefix) {
      this.title = title;
      this.labelPrefix = labelPrefix;
    }
  }

  private final List<String> labels;
  private final List<String> prefixes;
  private final Predicate<String> protectedByAdmin;
  private final @Nullable String ownId;

  /**
   * @param protectedByAdmin whether {@code berth protect} names the container of that id
   * @param ownId the container that the daemon itself runs in; null where it runs in none
   */
  public Infrastructure(
      PolicyBook.Monitoring monitoring,
      Predicate<String> protectedByAdmin,
      @Nullable String ownId) {
    this.labels =
        Stream.concat(LABELS.stream(), Stream.of(monitoring.infrastructureLabel().strip()))
            .filter(label -> !label.isEmpty())
            .distinct()
            .toList();
    // A blank prefix would protect every container, and so end all work without a word.
    this.prefixes =
        monitoring.infrastructureContainers().stream()
            .map(String::strip)
            .filter(prefix -> !prefix.isEmpty())
            .toList();
    this.protectedByAdmin = protectedByAdmin;
    this.ownId = ownId;
  }

  /** Why the container is never touched, in words; empty where no rule protects it. */
  public Optional<String> protection(Container container) {
    if (container.id().equals(ownId)) {
      return Optional.of("Berth itself runs in it");
    }
    if (protectedByAdmin.test(container.id())) {
      return Optional.of("protected by an admin (berth protect)");
    }
    return byLabel(container).or(() -> byPrefix(container)).or(() -> byController(container));
  }

  private Optional<String> byLabel(Container container) {
    return labels.stream()
        .filter(label -> isSet(container.labels().get(label)))
        .findFirst()
        .map(label -> "protected by its label " + label);
  }

  private static boolean isSet(@Nullable String value) {
    return value != null && !NO.contains(value.strip().toLowerCase(Locale.ROOT));
  }

  private Optional<String> byPrefix(Container container) {
    return prefixes.stream()
        .filter(container.name()::startsWith)
        .findFirst()
        .map(prefix -> "protected by its name: monitoring.infrastructure_containers has " + prefix);
  }

  private static Optional<String> byController(Container container) {
    return Arrays.stream(Controller.values())
        .filter(controller -> Labels.anyBelow(container, controller.labelPrefix))
        .findFirst()
        .map(found -> found.title + " controls it (label " + found.labelPrefix + "*)");
  }
}
