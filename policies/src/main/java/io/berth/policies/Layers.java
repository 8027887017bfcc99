package io.berth.policies;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The rule of precedence (DESIGN section 5) over the limits of one book.
 *
 * @param types by container type; only those that the file names
 * @param policies the detection keys of the global {@code policies}
 */
record Layers(
    Map<String, LimitMap> overrides,
    Map<ContainerType, LimitMap> types,
    Map<String, LimitMap> groups,
    LimitMap defaults,
    LimitMap policies) {

  /**
   * User override, container type, group, defaults, policies, built-in: the first that has the key.
   *
   * @param user whose override counts; null: none
   * @param group null: none
   */
  Map<LimitKey<?>, Setting<?>> of(
      @Nullable String user, @Nullable String group, ContainerType type) {
    List<LimitMap> order = new ArrayList<>();
    order.add(user == null ? LimitMap.EMPTY : overrides.getOrDefault(user, LimitMap.EMPTY));
    order.add(type.followsOwner() ? LimitMap.EMPTY : ofType(type));
    order.add(group == null ? LimitMap.EMPTY : groups.getOrDefault(group, LimitMap.EMPTY));
    order.add(defaults);
    order.add(policies);
    return resolve(
        new Chooser() {
          @Override
          public <T> Optional<Setting<T>> choose(LimitKey<T> key) {
            return order.stream().flatMap(layer -> layer.get(key).stream()).findFirst();
          }
        });
  }

  /**
   * For an owner that is not known: the strictest of those that are set for unknown containers, for
   * this type, and in the defaults.
   */
  Map<LimitKey<?>, Setting<?>> ofUnknown(ContainerType type) {
    List<LimitMap> candidates = List.of(ofType(ContainerType.UNKNOWN), ofType(type), defaults);
    return resolve(
        new Chooser() {
          @Override
          public <T> Optional<Setting<T>> choose(LimitKey<T> key) {
            return candidates.stream()
                .flatMap(layer -> layer.get(key).stream())
                .min((one, two) -> key.strictestFirst().compare(one.value(), two.value()))
                .or(() -> policies.get(key));
          }
        });
  }

  /** Which of the settings of a key counts. */
  private interface Chooser {
    <T> Optional<Setting<T>> choose(LimitKey<T> key);
  }

  private LimitMap ofType(ContainerType type) {
    return types.getOrDefault(type, LimitMap.EMPTY);
  }

  private static Map<LimitKey<?>, Setting<?>> resolve(Chooser chooser) {
    Map<LimitKey<?>, Setting<?>> settings = new LinkedHashMap<>();
    for (LimitKey<?> key : LimitKey.ALL) {
      settings.put(key, chosen(key, chooser));
    }
    Setting<Optional<Double>> quota = chosen(LimitKey.MAX_GPU_EQUIVALENTS, chooser);
    settings.put(LimitKey.MAX_GPU_EQUIVALENTS, bounded(quota, chosen(LimitMap.GPU_LIMIT, chooser)));
    return settings;
  }

  private static <T> Setting<T> chosen(LimitKey<T> key, Chooser chooser) {
    return chooser.choose(key).orElseGet(() -> new Setting<>(key.builtIn(), Provenance.BUILT_IN));
  }

  /** The smaller of the two; none is the largest. */
  private static Setting<Optional<Double>> bounded(
      Setting<Optional<Double>> quota, Setting<Optional<Double>> bound) {
    return LimitMap.GPU_LIMIT.strictestFirst().compare(bound.value(), quota.value()) < 0
        ? bound
        : quota;
  }
}
