package io.berth.policies;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The main file's top: which sections there are, and what each of them becomes. */
final class MainFile {

  static final String DEFAULTS = "defaults";
  static final String GROUPS = "groups";
  static final String DEFAULT_GROUP = "default_group";
  static final String MEMBERS = "members";
  static final String USER_OVERRIDES = "user_overrides";
  static final String CONTAINER_TYPES = "container_types";

  /** CONFIG.md, "Accepted, not used". */
  static final List<String> UNUSED =
      List.of("enforcement", "gpu_allocation", "bare_metal_access", "access_control");

  /** The sections of plain keys, in the order of CONFIG.md. */
  static final List<Section<?>> SECTIONS =
      List.of(
          PoliciesSection.SECTION,
          OwnershipSection.SECTION,
          MonitoringSection.SECTION,
          SchedulesSection.SECTION,
          SafetySection.SECTION,
          NotificationsSection.SECTION,
          GpuSection.SECTION,
          DaemonSection.SECTION);

  /** What was read. */
  record Content(
      Book.Settings settings,
      LimitMap defaults,
      LimitMap policies,
      Map<ContainerType, LimitMap> types,
      Map<String, LimitMap> groups,
      Map<String, Overrides.Entry> overrides,
      Groups.Builder members,
      @Nullable String defaultGroup) {}

  private final Fields top;
  private final Groups.Builder members = new Groups.Builder();
  private LimitMap detection = LimitMap.EMPTY;

  private MainFile(Fields top) {
    this.top = top;
  }

  static Content read(Fields top) {
    return new MainFile(top).read();
  }

  private Content read() {
    LimitMap defaults =
        section(DEFAULTS).map(fields -> closed(fields, LimitMap::defaults)).orElse(LimitMap.EMPTY);
    Map<String, LimitMap> groups = groups();
    String defaultGroup = defaultGroup();
    Map<String, Overrides.Entry> overrides =
        section(USER_OVERRIDES).map(Overrides::read).orElse(Map.of());
    Map<ContainerType, LimitMap> types = types();
    Book.Settings settings = settings();
    top.skipUnused(UNUSED);
    top.rejectRest();
    return new Content(
        settings, defaults, detection, types, groups, overrides, members, defaultGroup);
  }

  private Optional<Fields> section(String word) {
    return top.take(word).flatMap(field -> field.value().fields());
  }

  private static <R> R closed(Fields fields, Function<Fields, R> read) {
    R result = read.apply(fields);
    fields.rejectRest();
    return result;
  }

  private Map<String, LimitMap> groups() {
    Map<String, LimitMap> groups = new LinkedHashMap<>();
    List<Fields.Field> fields = section(GROUPS).map(Fields::takeAll).orElse(List.of());
    for (Fields.Field field : fields) {
      members.addGroup(field.word());
      field.value().fields().ifPresent(group -> groups.put(field.word(), group(field, group)));
    }
    return groups;
  }

  private LimitMap group(Fields.Field name, Fields fields) {
    fields.take(MEMBERS).ifPresent(list -> addMembers(name.word(), list.value()));
    return closed(fields, LimitMap::owner);
  }

  private void addMembers(String group, Value list) {
    if (list.isNull() || list.isBlank()) {
      return;
    }
    for (Value item : list.items("a list of users in square brackets").orElse(List.of())) {
      UserType.USER
          .read(item)
          .ifPresent(user -> members.add(group, user, item.source(), item.line(), item.column()));
    }
  }

  private @Nullable String defaultGroup() {
    Optional<Fields.Field> field = top.take(DEFAULT_GROUP);
    if (field.isEmpty() || field.get().value().isNull()) {
      return null;
    }
    Value value = field.get().value();
    try {
      String group = value.text("the name of a group, or null");
      if (members.names().contains(group)) {
        return group;
      }
      value.error("unknown group " + Value.shown(group), Spelling.hint(group, members.names()));
    } catch (Refused refused) {
      value.error(refused);
    }
    return null;
  }

  private Map<ContainerType, LimitMap> types() {
    Map<ContainerType, LimitMap> types = new EnumMap<>(ContainerType.class);
    List<Fields.Field> fields = section(CONTAINER_TYPES).map(Fields::takeAll).orElse(List.of());
    for (Fields.Field field : fields) {
      Optional<ContainerType> type = TypeName.check(field, top.source());
      field
          .value()
          .fields()
          .filter(ignored -> type.isPresent())
          .ifPresent(keys -> types.put(type.orElseThrow(), type(keys)));
    }
    return types;
  }

  private static LimitMap type(Fields fields) {
    LimitMap limits = LimitMap.type(fields);
    fields.rejectRest(MainFile::ownersKey);
    return limits;
  }

  private static Optional<String> ownersKey(String word) {
    boolean owners = LimitKey.ALL.stream().anyMatch(key -> key.key().spellings().containsKey(word));
    return owners
        ? Optional.of("it follows the owner: set it in defaults, groups or user_overrides")
        : Optional.empty();
  }

  private Book.Settings settings() {
    Section.Values policies = policies();
    return new Book.Settings(
        PoliciesSection.SECTION.bind().apply(policies),
        policies.all(),
        plain(OwnershipSection.SECTION),
        plain(MonitoringSection.SECTION),
        plain(SchedulesSection.SECTION),
        plain(SafetySection.SECTION),
        plain(NotificationsSection.SECTION),
        plain(GpuSection.SECTION),
        plain(DaemonSection.SECTION));
  }

  private Section.Values policies() {
    Fields fields =
        section(PoliciesSection.SECTION.word()).orElseGet(() -> Fields.none("", top.source()));
    detection = LimitMap.detection(fields);
    return closed(fields, PoliciesSection.SECTION::values);
  }

  private <R> R plain(Section<R> section) {
    Fields fields = section(section.word()).orElseGet(() -> Fields.none("", top.source()));
    return closed(fields, section::read);
  }
}
