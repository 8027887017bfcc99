package io.berth.policies;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** {@code lifecycle-exemptions.yaml}. */
final class ExemptionsFile {

  private static final String EXEMPTIONS = "exemptions";

  /** For people; nothing depends on them. */
  private static final List<String> UNUSED =
      List.of("approved_by", "approved_on", "category", "notes");

  private static final ListType<String> LIMITS =
      new ListType<>(
          WordType.of("idle_timeout", "max_runtime", "idle_timeout_h", "max_runtime_h"), true);

  private final ExpiryType expiry;

  private ExemptionsFile(ZoneId zone) {
    this.expiry = new ExpiryType(zone);
  }

  /**
   * @param zone in which a date ends
   */
  static List<Exemption> read(Fields top, ZoneId zone) {
    Optional<Value> list = top.take(EXEMPTIONS).map(Fields.Field::value);
    top.rejectRest();
    ExemptionsFile file = new ExemptionsFile(zone);
    List<Exemption> exemptions = new ArrayList<>();
    list.filter(value -> !value.isNull() && !value.isBlank())
        .flatMap(value -> value.items("a list of exemptions, each begun by a dash"))
        .ifPresent(items -> items.forEach(item -> file.read(item).ifPresent(exemptions::add)));
    return exemptions;
  }

  private Optional<Exemption> read(Value item) {
    return item.fields().flatMap(fields -> read(item, fields));
  }

  private Optional<Exemption> read(Value item, Fields fields) {
    Optional<String> user = required(item, fields, "username", UserType.USER);
    Optional<List<String>> from = required(item, fields, "exempt_from", LIMITS);
    var expires = required(item, fields, "expires_on", OptionalType.orNull(expiry));
    Optional<String> reason = required(item, fields, "reason", TextType.LINE);
    UNUSED.forEach(fields::take);
    fields.rejectRest();
    if (user.isEmpty() || from.isEmpty() || expires.isEmpty() || reason.isEmpty()) {
      return Optional.empty();
    }
    Provenance at = new Provenance(item.source().file(), item.line(), item.path());
    return Optional.of(
        new Exemption(
            user.get(), limits(from.get()), expires.get().orElse(null), reason.get(), at));
  }

  private static <T> Optional<T> required(
      Value item, Fields fields, String word, ValueType<T> type) {
    Optional<Fields.Field> field = fields.take(word);
    if (field.isEmpty()) {
      boolean expiry = type instanceof OptionalType;
      item.error("has no " + word, expiry ? "add it; null: no end" : "add it");
      return Optional.empty();
    }
    return type.read(field.get().value());
  }

  private static Set<Exemption.From> limits(List<String> words) {
    Set<Exemption.From> limits = EnumSet.noneOf(Exemption.From.class);
    for (String word : words) {
      String name = word.replaceFirst("_h$", "").toUpperCase(Locale.ROOT);
      limits.add(Exemption.From.valueOf(name));
    }
    return limits;
  }
}
