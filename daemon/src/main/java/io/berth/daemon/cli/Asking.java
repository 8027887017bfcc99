package io.berth.daemon.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that asks the daemon and prints what it says. */
abstract class Asking implements Callable<Integer> {

  private final GlobalOptions global;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it
  private CommandSpec spec;

  Asking(GlobalOptions global) {
    this.global = global;
  }

  ControlClient daemon() {
    return new ControlClient(ControlSocket.find(global, System.getenv()));
  }

  boolean json() {
    return global.json();
  }

  CommandSpec spec() {
    return spec;
  }

  PrintWriter out() {
    return spec.commandLine().getOut();
  }

  PrintWriter err() {
    return spec.commandLine().getErr();
  }

  Terminal terminal() {
    return Terminal.of(System.getenv());
  }

  /** Prints the answer as it is, with {@code -o json}, or has it said in words. */
  int print(JsonNode answer, Runnable words) {
    if (global.json()) {
      printJson(answer);
    } else {
      words.run();
    }
    out().flush();
    return ExitCode.DONE;
  }

  void printJson(JsonNode answer) {
    try {
      out().println(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(answer));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A body for a request, of texts, numbers and flags; what is null is left out. */
  static ObjectNode body(Map<String, ? extends @Nullable Object> values) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    values.forEach(
        (name, value) -> {
          if (value instanceof Integer number) {
            body.put(name, number);
          } else if (value instanceof Boolean flag) {
            body.put(name, flag);
          } else if (value != null) {
            body.put(name, value.toString());
          }
        });
    return body;
  }

  static String containerPath(String container) {
    return "/v1/containers/" + ControlClient.encoded(container);
  }
}
