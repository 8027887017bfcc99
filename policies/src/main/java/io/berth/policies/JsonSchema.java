package io.berth.policies;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The JSON Schema of {@code resource-limits.yaml}, made from the same keys that the loader reads.
 * Editors use it; the loader does not, and checks more.
 */
public final class JsonSchema {

  /** Where the package installs it. */
  public static final String INSTALLED = "/usr/share/berth/resource-limits.schema.json";

  private static final String DRAFT = "https://json-schema.org/draft/2020-12/schema";
  private static final List<String> SECTION = List.of("object", "null");

  private JsonSchema() {}

  /** The whole schema as JSON text. */
  public static String text() {
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
    printer.indentObjectsWith(new DefaultIndenter("  ", "\n"));
    try {
      return new ObjectMapper().writer(printer).writeValueAsString(schema()) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("plain data can always be written", e);
    }
  }

  private static Map<String, Object> schema() {
    Map<String, Object> schema =
        Schemas.of(
            "$schema", DRAFT,
            "title", "Berth: resource-limits.yaml",
            "description", "Who may do what on this GPU server, and for how long.");
    schema.putAll(object("object", sections()));
    schema.put("$defs", definitions());
    return schema;
  }

  private static Map<String, Object> definitions() {
    Map<String, Object> definitions = new LinkedHashMap<>();
    LimitKey.ALL.forEach(key -> addKey(key.key(), definitions));
    definitions.putAll(Schemas.durations());
    definitions.put("unused", Schemas.of("description", "Accepted and not used."));
    definitions.put("group", object(SECTION, group()));
    definitions.put("user", object(SECTION, user()));
    definitions.put("type", object(SECTION, lifecycle()));
    return definitions;
  }

  private static Map<String, Object> sections() {
    Map<String, Object> sections = new LinkedHashMap<>();
    sections.put(MainFile.DEFAULTS, described("The limits of everybody.", object(SECTION, all())));
    sections.put(
        MainFile.GROUPS,
        described("Limits by group; groups/<group>.members adds members.", mapOf("group")));
    sections.put(
        MainFile.DEFAULT_GROUP,
        Schemas.of(
            "type",
            List.of("string", "null"),
            "description",
            "The group of users in no group. null: none."));
    sections.put(
        MainFile.USER_OVERRIDES,
        described("Limits of single users; they beat all others.", mapOf("user")));
    sections.put(
        MainFile.CONTAINER_TYPES,
        described("Limits by container type; they beat those of groups.", types()));
    MainFile.SECTIONS.forEach(section -> sections.put(section.word(), section(section)));
    MainFile.UNUSED.forEach(word -> sections.put(word, unused()));
    return sections;
  }

  private static Map<String, Object> section(Section<?> section) {
    Map<String, Object> keys = new LinkedHashMap<>();
    section.keys().forEach(key -> addKey(key, keys));
    if (section.equals(PoliciesSection.SECTION)) {
      keys.putAll(limits(key -> key.scope().isDetection()));
      keys.put(LimitMap.AGGREGATE, unused());
    }
    return described(section.meaning(), object(SECTION, keys));
  }

  private static Map<String, Object> all() {
    Map<String, Object> keys = limits(key -> true);
    Map<String, Object> aggregate = new LinkedHashMap<>();
    addKey(LimitMap.GPU_LIMIT.key(), aggregate);
    keys.put(LimitMap.AGGREGATE, Schemas.of("type", SECTION, "properties", aggregate));
    return keys;
  }

  private static Map<String, Object> group() {
    Map<String, Object> keys = new LinkedHashMap<>();
    Map<String, Object> members = new ListType<>(UserType.USER, false).schema();
    keys.put(MainFile.MEMBERS, described("Users in this group.", Schemas.orNull(members)));
    keys.putAll(user());
    return keys;
  }

  private static Map<String, Object> user() {
    Map<String, Object> keys = all();
    Map<String, Object> nested = limits(key -> key.scope().isDetection());
    nested.put(LimitMap.AGGREGATE, unused());
    keys.put(LimitMap.NESTED, object(SECTION, nested));
    return keys;
  }

  private static Map<String, Object> lifecycle() {
    Map<String, Object> keys = limits(key -> key.scope().isLifecycle());
    keys.put(LimitMap.AGGREGATE, unused());
    return keys;
  }

  private static Map<String, Object> limits(Predicate<LimitKey<?>> allowed) {
    Map<String, Object> keys = new LinkedHashMap<>();
    LimitKey.ALL.stream()
        .filter(allowed)
        .flatMap(key -> key.key().spellings().keySet().stream())
        .forEach(word -> keys.put(word, Schemas.reference(word)));
    LimitMap.UNUSED.forEach(word -> keys.put(word, unused()));
    return keys;
  }

  private static <T> void addKey(Key<T> key, Map<String, Object> keys) {
    key.spellings()
        .forEach(
            (word, type) -> {
              boolean own = word.equals(key.word());
              String meaning = own ? key.meaning() : "Another spelling of " + key.word() + ".";
              Map<String, Object> schema = described(meaning, type.schema());
              if (own) {
                schema.put("default", key.type().plain(key.builtIn()));
              }
              keys.put(word, schema);
            });
  }

  private static Map<String, Object> types() {
    Map<String, Object> types = new LinkedHashMap<>();
    TypeName.ALLOWED.forEach(word -> types.put(word, Schemas.reference("type")));
    return object(SECTION, types);
  }

  private static Map<String, Object> mapOf(String definition) {
    return Schemas.of("type", SECTION, "additionalProperties", Schemas.reference(definition));
  }

  private static Map<String, Object> unused() {
    return Schemas.reference("unused");
  }

  private static Map<String, Object> described(String meaning, Map<String, Object> schema) {
    Map<String, Object> described = Schemas.of("description", meaning);
    described.putAll(schema);
    return described;
  }

  private static Map<String, Object> object(Object type, Map<String, Object> properties) {
    return Schemas.of("type", type, "properties", properties, "additionalProperties", false);
  }
}
