package io.berth.jobs.notify;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.policies.PolicyBook.Notifications;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A URL that gets the event as JSON in a POST. Redirects are not followed: most turn a POST into a
 * GET without a body. What is told of it has no more of the URL than its host, since the rest is
 * often a secret.
 */
final class WebhookChannel implements Channel {

  private static final String NAME = "webhook";
  private static final String REMEDY =
      "; berthd's unit as shipped lets nothing out to other hosts: see examples/network.conf";
  private static final Pattern LOCAL = Pattern.compile("localhost|127\\..*|\\[::1]");
  private static final int MAX_ANSWER = Plain.MAX_LENGTH;
  private static final int FIRST_REFUSAL = 400;

  /** Made when it is first needed: it has a thread. Used by one delivery at a time, or a few. */
  private @Nullable HttpClient client;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean isOn(Notifications settings) {
    return settings.webhook() != null;
  }

  @Override
  public Delivery deliver(Message message, Notifications settings)
      throws IOException, InterruptedException {
    URI url = URI.create(Objects.requireNonNull(settings.webhook(), "asked though it is off"));
    String host = Plain.line(String.valueOf(url.getHost()));
    HttpRequest request =
        HttpRequest.newBuilder(url)
            .version(HttpClient.Version.HTTP_1_1)
            .header("Content-Type", "application/json; charset=utf-8")
            .header("User-Agent", "berth")
            .POST(HttpRequest.BodyPublishers.ofString(message.json(), UTF_8))
            .build();
    CompletableFuture<HttpResponse<String>> answer =
        client().sendAsync(request, info -> new Beginning(info.statusCode()));
    try {
      return delivery(host, answer.get());
    } catch (ExecutionException e) {
      throw new IOException(host + " can't be reached: " + e.getCause() + remedy(settings), e);
    } finally {
      answer.cancel(true);
    }
  }

  @Override
  public String remedy(Notifications settings) {
    URI url = URI.create(Objects.requireNonNull(settings.webhook(), "asked though it is off"));
    return LOCAL.matcher(String.valueOf(url.getHost())).matches() ? "" : REMEDY;
  }

  private synchronized HttpClient client() {
    HttpClient made = client;
    if (made == null) {
      made = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();
      client = made;
    }
    return made;
  }

  private static Delivery delivery(String host, HttpResponse<String> answer) {
    int code = answer.statusCode();
    return switch (code / 100) {
      case 2 -> Delivery.delivered(NAME, host + " answered " + code);
      case 3 ->
          Delivery.failed(
              NAME,
              host + " answered " + code + ", a redirect: give notifications.webhook its target");
      default ->
          Delivery.failed(NAME, host + " answered " + code + ": " + Plain.line(answer.body()));
    };
  }

  /** The first bytes of an answer that is a refusal; of any other, none. */
  private static final class Beginning implements HttpResponse.BodySubscriber<String> {

    private final CompletableFuture<String> body = new CompletableFuture<>();
    private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
    private final int most;
    private Flow.@Nullable Subscription subscription;

    Beginning(int statusCode) {
      this.most = statusCode < FIRST_REFUSAL ? 0 : MAX_ANSWER;
    }

    @Override
    public CompletionStage<String> getBody() {
      return body;
    }

    @Override
    public void onSubscribe(Flow.Subscription offered) {
      subscription = offered;
      takeMore(offered);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      for (ByteBuffer buffer : buffers) {
        byte[] bytes = new byte[Math.min(buffer.remaining(), most - taken.size())];
        buffer.get(bytes);
        taken.writeBytes(bytes);
      }
      takeMore(Objects.requireNonNull(subscription, "bytes before onSubscribe"));
    }

    private void takeMore(Flow.Subscription from) {
      if (taken.size() < most) {
        from.request(1);
      } else {
        from.cancel();
        onComplete();
      }
    }

    @Override
    public void onError(Throwable failure) {
      body.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      body.complete(taken.toString(UTF_8));
    }
  }
}
