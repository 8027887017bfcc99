package io.berth.jobs.engine;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.berth.jobs.engine.EngineException.Kind;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object of the Engine's, read with distrust: a field that is not there where it must be, or
 * is of another type, is an {@link EngineException} that names the object and the field, never a
 * default and never a NullPointerException.
 *
 * <p>Methods without a default are for fields that every Engine sends and that an act may rest on.
 * JSON's null counts as missing, but an empty list or map may be written as null, as Go does.
 */
final class Fields {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What the ledger's numbers can hold, by far; what is later is damage. */
  private static final int LAST_YEAR = 9999;

  /** Of what others wrote, in a message; names and labels have no limit. */
  private static final int LONGEST = 160;

  private final String where;
  private final JsonNode node;

  private Fields(String where, JsonNode node) {
    this.where = where;
    this.node = node;
  }

  /** Parses an object. */
  static Fields parseObject(String where, String json) throws EngineException {
    return object(where, parse(where, json));
  }

  /** Makes something of an object. */
  @FunctionalInterface
  interface Maker<T> {
    T of(Fields object) throws EngineException;
  }

  /**
   * Parses an array of objects, one after the other: all of them take ten times the text's room.
   */
  static <T> List<T> parseArray(String where, String json, Maker<T> maker) throws EngineException {
    List<T> made = new ArrayList<>();
    try (JsonParser parser = JSON.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        throw new EngineException(
            Kind.ERROR,
            where + ": an array was expected, the answer is " + excerpt(parse(where, json)));
      }
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        made.add(maker.of(object(where, JSON.readTree(parser))));
      }
    } catch (IOException e) {
      throw notJson(where, e);
    }
    return made;
  }

  static Fields object(String where, JsonNode node) throws EngineException {
    if (!node.isObject()) {
      throw new EngineException(
          Kind.ERROR, where + ": an object was expected, the answer has " + excerpt(node));
    }
    return new Fields(where, node);
  }

  private static JsonNode parse(String where, String json) throws EngineException {
    try {
      JsonNode node = JSON.readTree(json);
      return node == null ? MissingNode.getInstance() : node;
    } catch (JsonProcessingException e) {
      throw notJson(where, e);
    }
  }

  private static EngineException notJson(String where, IOException e) {
    String words =
        e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
    return new EngineException(Kind.ERROR, where + ": the answer is not JSON: " + words, e);
  }

  /** The same object under a name that says more. */
  Fields named(String better) {
    return new Fields(excerpt(better), node);
  }

  Fields object(String field) throws EngineException {
    return new Fields(where + ", " + field, expect(field, node.path(field).isObject(), "object"));
  }

  /** Empty where it is missing or null. */
  List<Fields> objects(String field) throws EngineException {
    List<Fields> objects = new ArrayList<>();
    for (JsonNode each : array(field)) {
      expect(field, each.isObject(), "objects");
      objects.add(new Fields(where + ", " + field, each));
    }
    return objects;
  }

  String text(String field) throws EngineException {
    return expect(field, node.path(field).isTextual(), "text").textValue();
  }

  String text(String field, String otherwise) throws EngineException {
    return has(field) ? text(field) : otherwise;
  }

  int integer(String field) throws EngineException {
    JsonNode value = node.path(field);
    return expect(field, value.isIntegralNumber() && value.canConvertToInt(), "integer").intValue();
  }

  int integer(String field, int otherwise) throws EngineException {
    return has(field) ? integer(field) : otherwise;
  }

  boolean bool(String field) throws EngineException {
    return expect(field, node.path(field).isBoolean(), "boolean").booleanValue();
  }

  boolean bool(String field, boolean otherwise) throws EngineException {
    return has(field) ? bool(field) : otherwise;
  }

  /** A moment; null where the Engine says year 1, its word for never. */
  @Nullable Instant instant(String field) throws EngineException {
    String text = text(field);
    try {
      OffsetDateTime moment = OffsetDateTime.parse(text);
      if (moment.getYear() > LAST_YEAR) {
        throw new DateTimeException("after year " + LAST_YEAR);
      }
      Instant instant = moment.toInstant();
      return instant.isBefore(Instant.EPOCH) ? null : instant;
    } catch (DateTimeException e) {
      throw new EngineException(
          Kind.ERROR, where + ": field " + field + " is no moment: '" + excerpt(text) + "'", e);
    }
  }

  /** Empty where it is missing or null. */
  List<String> texts(String field) throws EngineException {
    return texts(field, array(field));
  }

  /** A list of lists of text; empty where it is missing or null. */
  List<List<String>> textLists(String field) throws EngineException {
    List<List<String>> lists = new ArrayList<>();
    for (JsonNode each : array(field)) {
      expect(field, each.isArray(), "lists");
      lists.add(texts(field, each));
    }
    return lists;
  }

  /** Empty where it is null; it must be there. */
  Map<String, String> textMap(String field) throws EngineException {
    JsonNode map = node.path(field);
    expect(field, map.isObject() || map.isNull(), "object");
    Map<String, String> texts = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      expect(field, entry.getValue().isTextual(), "texts");
      texts.put(entry.getKey(), entry.getValue().textValue());
    }
    return texts;
  }

  long longInteger(String field) throws EngineException {
    JsonNode value = node.path(field);
    return expect(field, value.isIntegralNumber() && value.canConvertToLong(), "integer")
        .longValue();
  }

  boolean has(String field) {
    return node.hasNonNull(field);
  }

  /** An error about a field whose value makes no sense. */
  EngineException nonsense(String field) {
    return new EngineException(
        Kind.ERROR,
        "%s: field %s is %s, which Berth does not know; nothing is done with it until that is"
                .formatted(where, field, excerpt(node.path(field)))
            + " cleared up");
  }

  private JsonNode array(String field) throws EngineException {
    JsonNode array = node.path(field);
    expect(field, array.isArray() || array.isNull() || array.isMissingNode(), "list");
    return array;
  }

  private List<String> texts(String field, JsonNode array) throws EngineException {
    List<String> texts = new ArrayList<>();
    for (JsonNode each : array) {
      expect(field, each.isTextual(), "texts");
      texts.add(each.textValue());
    }
    return texts;
  }

  private JsonNode expect(String field, boolean asExpected, String type) throws EngineException {
    JsonNode value = node.path(field);
    if (!asExpected) {
      throw new EngineException(
          Kind.ERROR,
          "%s: field %s should be %s, and is %s; is this a Docker Engine?"
              .formatted(where, field, type, excerpt(value)));
    }
    return value;
  }

  private static String excerpt(JsonNode node) {
    return node.isMissingNode() ? "missing" : excerpt(node.toString());
  }

  private static String excerpt(String text) {
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
  }
}
