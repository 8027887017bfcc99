package io.berth.daemon.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** What is sent back: JSON, or a problem by RFC 9457. */
record Answer(int status, String type, JsonNode body) {

  static final ObjectMapper JSON = new ObjectMapper();

  static Answer of(JsonNode body) {
    return new Answer(200, "application/json", body);
  }

  static Answer of(Refusal refusal) {
    return problem(refusal.code().status(), refusal.code().word(), refusal.words());
  }

  /**
   * A problem.
   *
   * @param code why, in one word that stays the same
   */
  static Answer problem(int status, String code, String detail) {
    ObjectNode body =
        JSON.createObjectNode()
            .put("title", HttpStatus.getMessage(status))
            .put("status", status)
            .put("code", code)
            .put("detail", detail);
    return new Answer(status, "application/problem+json", body);
  }

  void send(Response response, Callback callback) {
    try {
      byte[] bytes = JSON.writeValueAsBytes(body);
      response.setStatus(status);
      response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
      response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
      response.getHeaders().put(HttpHeader.CONTENT_LENGTH, bytes.length);
      response.write(true, ByteBuffer.wrap(bytes), callback);
    } catch (JsonProcessingException e) {
      callback.failed(e);
    }
  }
}
