package io.berth.jobs.activity;

import io.berth.jobs.gpu.Reading;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A dcgm-exporter, asked beside whoever asks; one that does not answer in time is unknown. */
final class DcgmExporter {

  private static final int OK = 200;

  private final Duration patience;
  private @Nullable HttpClient client;

  DcgmExporter(Duration patience) {
    this.patience = patience;
  }

  /** An answer under way. */
  interface Answer {
    Reading<GrEngineActive> get();
  }

  /**
   * Asks.
   *
   * @param url as configured; null where there is no exporter
   */
  Answer ask(@Nullable String url) {
    if (url == null) {
      return () ->
          Reading.unknown(
              "MIG instances have no utilisation in NVML: run a dcgm-exporter and set gpu.dcgm_exporter");
    }
    try {
      HttpRequest request = HttpRequest.newBuilder(URI.create(url)).timeout(patience).build();
      CompletableFuture<HttpResponse<String>> answer =
          client().sendAsync(request, HttpResponse.BodyHandlers.ofString());
      return () -> await(url, answer);
    } catch (IllegalArgumentException e) {
      return () -> unknown(url, String.valueOf(e.getMessage()));
    }
  }

  /** Made when it is needed: it has threads, and most hosts have no exporter. */
  private synchronized HttpClient client() {
    if (client == null) {
      client =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .connectTimeout(patience)
              .build();
    }
    return client;
  }

  private Reading<GrEngineActive> await(String url, CompletableFuture<HttpResponse<String>> asked) {
    try {
      HttpResponse<String> answer = asked.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      return answer.statusCode() == OK
          ? Reading.known(GrEngineActive.parse(answer.body()))
          : unknown(url, "it answered " + answer.statusCode());
    } catch (TimeoutException e) {
      asked.cancel(true); // the body has no deadline of its own
      return unknown(url, "no answer within " + patience.toMillis() + " ms");
    } catch (InterruptedException e) {
      asked.cancel(true);
      Thread.currentThread().interrupt();
      return unknown(url, "interrupted");
    } catch (ExecutionException e) {
      return unknown(url, String.valueOf(e.getCause()));
    }
  }

  private static Reading<GrEngineActive> unknown(String url, String why) {
    return Reading.unknown(
        url + ": " + why + "; check the dcgm-exporter, or correct gpu.dcgm_exporter");
  }
}
