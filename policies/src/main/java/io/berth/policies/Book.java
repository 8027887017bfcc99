package io.berth.policies;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The policy book that {@link PolicyLoader} makes. */
final class Book implements PolicyBook {

  /** The plain sections of a main file. */
  record Settings(
      Policies policies,
      Map<String, Setting<?>> policySettings,
      Ownership ownership,
      Monitoring monitoring,
      Schedules schedules,
      Safety safety,
      Notifications notifications,
      Gpu gpu,
      DaemonSettings daemon) {}

  /** The owner of a container that nobody is known for. */
  static final String UNKNOWN = "unknown";

  /**
   * Whose limits are the same, and so resolved once: limitsFor is asked for each container of each
   * sweep. A user without anything of their own shares their group's, so that the names on
   * containers, which anybody can make up, can't fill the memory.
   */
  private record Profile(@Nullable String user, @Nullable String group, ContainerType type) {}

  private final Settings settings;
  private final Layers layers;
  private final Groups groups;
  private final List<Exemption> exemptions;
  private final Set<String> usersWithOwn = new HashSet<>();
  private final List<Path> files;
  private final Map<Profile, Limits> resolved = new ConcurrentHashMap<>();

  Book(
      Settings settings,
      Layers layers,
      Groups groups,
      List<Exemption> exemptions,
      List<Path> files) {
    this.settings = settings;
    this.layers = layers;
    this.groups = groups;
    this.exemptions = List.copyOf(exemptions);
    this.files = List.copyOf(files);
    usersWithOwn.add(UNKNOWN);
    usersWithOwn.addAll(layers.overrides().keySet());
    exemptions.forEach(exemption -> usersWithOwn.add(exemption.username()));
  }

  @Override
  public Limits limitsFor(String owner, ContainerType type) {
    String user = usersWithOwn.contains(owner) ? owner : null;
    Profile profile = new Profile(user, groupOf(owner).orElse(null), type);
    return resolved.computeIfAbsent(profile, this::resolve);
  }

  private Limits resolve(Profile profile) {
    String user = profile.user;
    if (UNKNOWN.equals(user)) {
      return new Limits(layers.ofUnknown(profile.type), List.of());
    }
    List<Exemption> own = exemptions.stream().filter(e -> e.username().equals(user)).toList();
    return new Limits(layers.of(user, profile.group, profile.type), own);
  }

  @Override
  public Optional<String> groupOf(String owner) {
    return owner.equals(UNKNOWN) ? Optional.empty() : groups.of(owner);
  }

  @Override
  public Map<String, Set<String>> groups() {
    return groups.members();
  }

  @Override
  public Optional<String> defaultGroup() {
    return Optional.ofNullable(groups.defaultGroup());
  }

  @Override
  public Set<String> usersWithOverrides() {
    return layers.overrides().keySet();
  }

  @Override
  public List<Exemption> exemptions() {
    return exemptions;
  }

  @Override
  public Limits defaultLimits() {
    return resolve(new Profile(null, null, ContainerType.ATOMIC));
  }

  @Override
  public Limits groupLimits(String group) {
    return resolve(new Profile(null, group, ContainerType.ATOMIC));
  }

  @Override
  public Policies policies() {
    return settings.policies;
  }

  @Override
  public Map<String, Setting<?>> policySettings() {
    return settings.policySettings;
  }

  @Override
  public Ownership ownership() {
    return settings.ownership;
  }

  @Override
  public Monitoring monitoring() {
    return settings.monitoring;
  }

  @Override
  public Schedules schedules() {
    return settings.schedules;
  }

  @Override
  public Safety safety() {
    return settings.safety;
  }

  @Override
  public Notifications notifications() {
    return settings.notifications;
  }

  @Override
  public Gpu gpu() {
    return settings.gpu;
  }

  @Override
  public DaemonSettings daemon() {
    return settings.daemon;
  }

  @Override
  public List<Path> files() {
    return files;
  }
}
