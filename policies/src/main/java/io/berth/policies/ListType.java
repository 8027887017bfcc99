package io.berth.policies;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A list of values of one type.
 *
 * @param notEmpty whether it must have an item
 */
record ListType<T>(ValueType<T> item, boolean notEmpty) implements ValueType<List<T>> {

  @Override
  public Optional<List<T>> read(Value value) {
    Optional<List<Value>> items = value.items("a list in square brackets");
    if (items.isEmpty()) {
      return Optional.empty();
    }
    if (notEmpty && items.get().isEmpty()) {
      value.error("is empty", "write at least one item");
      return Optional.empty();
    }
    List<T> read = new ArrayList<>();
    for (Value each : items.get()) {
      item.read(each).ifPresent(read::add);
    }
    return read.size() == items.get().size() ? Optional.of(List.copyOf(read)) : Optional.empty();
  }

  @Override
  public Map<String, Object> schema() {
    Map<String, Object> schema = Schemas.of("type", "array", "items", item.schema());
    if (notEmpty) {
      schema.put("minItems", 1);
    }
    return schema;
  }

  @Override
  public Object plain(List<T> value) {
    return value.stream().map(item::plain).toList();
  }
}
