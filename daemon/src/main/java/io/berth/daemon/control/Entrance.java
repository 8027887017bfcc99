package io.berth.daemon.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import io.berth.daemon.control.Refusal.Code;
import io.berth.jobs.ledger.LedgerException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import org.eclipse.jetty.util.Promise;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where every request comes in: who asks, what is asked, and an answer in any case. No thread waits
 * for a body that comes slowly; what is asked is carried out by {@link Work}.
 */
final class Entrance extends Handler.Abstract.NonBlocking {

  private static final Logger LOG = LoggerFactory.getLogger(Entrance.class);
  private static final ObjectReader STRICT =
      Answer.JSON.reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final Connections connections;
  private final AdminGroup admins;
  private final Router router;
  private final Work work;

  Entrance(Connections connections, AdminGroup admins, Router router, Work work) {
    this.connections = connections;
    this.admins = admins;
    this.router = router;
    this.work = work;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    EndPoint end = request.getConnectionMetaData().getConnection().getEndPoint();
    Peer peer = connections.peerOf(end);
    try {
      connections.admit(end);
      if (!peer.told()) {
        throw new Refusal(
            Code.UNAVAILABLE, "the user database does not say who you are now: try again");
      }
      if (!peer.isKnown()) {
        throw new Refusal(Code.FORBIDDEN, "your uid has no user in this host's user database");
      }
      Router.Match match = router.find(request.getMethod(), Request.getPathInContext(request));
      int largest = match.route().largestBody();
      if (request.getLength() > largest) {
        throw tooLarge(largest);
      }
      Content.Source.asByteArrayAsync(
          request, largest, new Body(peer, match, request, response, callback));
    } catch (Refusal e) {
      Answer.of(e).send(response, callback);
    } catch (RuntimeException e) {
      refuse(e, response, callback);
    }
    return true;
  }

  private static Refusal tooLarge(int largest) {
    return new Refusal(Code.TOO_LARGE, "a body has at most " + largest + " bytes here");
  }

  /** What is done when the body is there, or does not come. */
  private final class Body implements Promise.Invocable<byte[]> {

    private final Peer peer;
    private final Router.Match match;
    private final Request request;
    private final Response response;
    private final Callback callback;

    Body(Peer peer, Router.Match match, Request request, Response response, Callback callback) {
      this.peer = peer;
      this.match = match;
      this.request = request;
      this.response = response;
      this.callback = callback;
    }

    @Override
    public InvocationType getInvocationType() {
      return InvocationType.NON_BLOCKING;
    }

    @Override
    public void succeeded(byte[] bytes) {
      try {
        Map<String, String> query = query(request);
        JsonNode body = parse(bytes);
        List<String> fields = new ArrayList<>();
        body.fieldNames().forEachRemaining(fields::add);
        match.route().check(query.keySet(), fields);
        Call call = new Call(peer, () -> admins.has(peer.user()), match.path(), query, body);
        work.take(
            peer,
            match.route().slow(),
            end -> carryOut(match.route(), call, response, Callback.from(callback, end)));
      } catch (Refusal e) {
        Answer.of(e).send(response, callback);
      } catch (RuntimeException e) {
        refuse(e, response, callback);
      }
    }

    @Override
    public void failed(Throwable why) {
      // Too long, cut off, or too slow: nobody may be there any more to be told.
      Refusal refusal =
          why instanceof IllegalStateException
              ? tooLarge(match.route().largestBody())
              : Call.bad("the body did not come whole: " + why.getMessage());
      Answer.of(refusal).send(response, callback);
    }
  }

  private static Map<String, String> query(Request request) {
    Map<String, String> query = new LinkedHashMap<>();
    for (Fields.Field field : Request.extractQueryParameters(request, UTF_8)) {
      if (field.hasMultipleValues()) {
        throw Call.bad(field.getName() + " is there twice");
      }
      query.put(field.getName(), field.getValue());
    }
    return query;
  }

  private static JsonNode parse(byte[] bytes) {
    if (bytes.length == 0) {
      return Answer.JSON.createObjectNode();
    }
    try {
      JsonNode body = STRICT.readTree(new String(bytes, UTF_8));
      if (body.isObject()) {
        return body;
      }
      throw Call.bad("the body is no JSON object");
    } catch (JsonProcessingException e) {
      // Without where the parser says that it began: it has no words for what it reads.
      throw Call.bad(
          "the body is no JSON: " + e.getOriginalMessage().split(" \\(start marker at", 2)[0]);
    }
  }

  private static void carryOut(Route route, Call call, Response response, Callback callback) {
    Answer answer;
    try {
      answer = Answer.of(route.answerer().answer(call));
    } catch (Refusal e) {
      answer = Answer.of(e);
    } catch (LedgerException e) {
      LOG.error("{} {} failed", route.method(), route.path(), e);
      answer = Answer.of(new Refusal(Code.FAILED, String.valueOf(e.getMessage())));
    } catch (RuntimeException e) {
      LOG.error("{} {} failed unexpectedly", route.method(), route.path(), e);
      answer =
          Answer.of(new Refusal(Code.FAILED, "an error nobody expected; the daemon's log has it"));
    }
    answer.send(response, callback);
  }

  /** What the request's own form gave rise to. */
  private static void refuse(RuntimeException e, Response response, Callback callback) {
    LOG.debug("a request that makes no sense", e);
    Answer.of(Call.bad(String.valueOf(e.getMessage()))).send(response, callback);
  }
}
