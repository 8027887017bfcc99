package io.berth.policies;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one owner and type of container may do: every {@link LimitKey} with its value and where that
 * came from.
 */
public final class Limits {

  private final Map<LimitKey<?>, Setting<?>> settings;
  private final List<Exemption> exemptions;

  /**
   * @param settings one for every key of {@link LimitKey#ALL}, each of its key's type
   * @param exemptions of this owner, expired ones as well
   */
  Limits(Map<LimitKey<?>, Setting<?>> settings, List<Exemption> exemptions) {
    this.settings = new LinkedHashMap<>(settings);
    this.exemptions = List.copyOf(exemptions);
  }

  /** The limits of an empty file. */
  public static Limits builtIn() {
    Map<LimitKey<?>, Setting<?>> settings = new LinkedHashMap<>();
    for (LimitKey<?> key : LimitKey.ALL) {
      settings.put(key, new Setting<>(key.builtIn(), Provenance.BUILT_IN));
    }
    return new Limits(settings, List.of());
  }

  /** These limits with one of them replaced; for what-if questions and tests. */
  public <T> Limits with(LimitKey<T> key, T value) {
    Map<LimitKey<?>, Setting<?>> changed = new LinkedHashMap<>(settings);
    changed.put(key, new Setting<>(value, Provenance.BUILT_IN));
    return new Limits(changed, exemptions);
  }

  public <T> T get(LimitKey<T> key) {
    return setting(key).value();
  }

  /** The value with its provenance. */
  @SuppressWarnings("unchecked") // the constructor's caller pairs each key with a value of its type
  public <T> Setting<T> setting(LimitKey<T> key) {
    Setting<?> setting = settings.get(key);
    if (setting == null) {
      throw new IllegalStateException("no setting for " + key);
    }
    return (Setting<T>) setting;
  }

  /** The owner's exemption from that limit that is active at that moment. */
  public Optional<Exemption> exemption(Exemption.From from, java.time.Instant at) {
    return exemptions.stream().filter(e -> e.covers(from, at)).findFirst();
  }

  public List<Exemption> exemptions() {
    return exemptions;
  }
}
