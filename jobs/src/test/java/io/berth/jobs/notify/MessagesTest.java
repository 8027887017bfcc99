package io.berth.jobs.notify;

import static io.berth.jobs.notify.Notices.ADA;
import static io.berth.jobs.notify.Notices.BERLIN;
import static io.berth.jobs.notify.Notices.DUE;
import static io.berth.jobs.notify.Notices.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import io.berth.jobs.container.Owner;
import io.berth.jobs.notify.Notice.About;
import io.berth.jobs.notify.Notice.Act;
import io.berth.jobs.notify.Notice.Kind;
import io.berth.jobs.notify.Notice.Plan;
import io.berth.jobs.notify.Notice.Why;
import io.berth.policies.ContainerType;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class MessagesTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Container TRAIN = Containers.running("train").build();

  /** What a hostile name is made of, with what an honest one is. */
  private static final String[] PIECES = {
    "\u001b[2J",
    "\u001b]0;title\u0007",
    "\u009b31m",
    "\n",
    "\r",
    "\b",
    "\u0000",
    "\u007f",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u2028",
    "\u2029",
    "\u0085",
    "\ud800",
    "\udc00",
    "\ufeff",
    "\ue000",
    "\"",
    "\\",
    "'; rm -rf ~; '",
    "$(reboot)",
    "`id`",
    "train",
    "\u00e9",
    "\ud83d\ude00"
  };

  @Test
  void a_warning_says_what_when_why_what_prevents_it_and_what_is_safe() {
    assertThat(Messages.text(Notices.warning()))
        .isEqualTo(
            """
            Berth: your container train (%s) will be stopped
              When: Sat 21 Nov 2026 18:05:12 CET (in 12 min)
              Why: it was idle for 24m of 30m
              To prevent it: use its GPU, or: berth keep-alive train, or: docker exec train touch \
            /workspace/.keep-alive
              Safe: a stop only stops. Files in the container and in mounts stay. Removal comes \
            later and is announced separately"""
                .formatted(TRAIN.shortId()));
  }

  @Test
  void the_stop_of_a_container_with_rm_says_what_is_lost_and_what_is_not() {
    Container fleeting =
        Containers.running("train")
            .autoRemove()
            .mount("bind", "/home/ada", "/workspace")
            .mount("volume", "results", "/results")
            .mount("volume", "0".repeat(64), "/anonymous")
            .mount("tmpfs", "", "/scratch")
            .build();

    assertThat(Messages.text(Notices.warning(fleeting)))
        .contains("Safe: what is in its mounts: /workspace, /results\n")
        .contains("NOT safe: it was run with --rm: Docker removes it")
        .doesNotContain("a stop only stops");
  }

  @ParameterizedTest
  @EnumSource(
      value = Act.class,
      names = {"STOP", "PAUSE", "WARN"})
  void whatever_comes_of_a_container_with_rm_it_is_said_what_a_stop_would_cost(Act act) {
    Container fleeting = Containers.running("train").autoRemove().build();

    for (Kind kind : List.of(Kind.WARNED, Kind.WARNED_LAST, Kind.PAUSED)) {
      assertThat(Messages.text(Notices.of(kind, act, "idle_timeout", fleeting)))
          .contains("NOT safe: it was run with --rm: Docker removes it");
      assertThat(Messages.text(Notices.of(kind, act, "idle_timeout", TRAIN)))
          .doesNotContain("NOT safe");
    }
  }

  @Test
  void what_berth_says_itself_is_not_cut() {
    String sentence = "idle since dawn, and so on; ".repeat(20) + "its idle_timeout is 30m";
    Notice warning = Notices.warning();
    Notice wordy =
        new Notice(
            warning.kind(),
            NOW,
            BERLIN,
            "idle-stop",
            ADA,
            warning.about(),
            warning.plan(),
            new Why("idle_timeout", sentence, Map.of()));

    assertThat(Messages.text(wordy)).contains("its idle_timeout is 30m");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "WARNED|STOP|idle_timeout|will be stopped|berth keep-alive train",
        "WARNED|PAUSE|idle_timeout|will be paused|berth keep-alive train",
        "WARNED|WARN|idle_timeout|will be over its limit|nothing is done to the container",
        "WARNED_LAST|STOP|max_runtime|this is the last warning|activity does not help",
        "STOPPED|STOP|idle_timeout|was stopped|docker start train",
        "PAUSED|PAUSE|idle_timeout|was paused, not stopped|berth resume train",
        "EXEMPT|STOP|max_runtime|but you are exempt|When:",
        "REMOVAL_ANNOUNCED|REMOVE|hold_expired|will be removed|docker cp train:",
        "REMOVAL_ANNOUNCED|REMOVE|hold_expired|outside of mounts are gone|docker start train",
        "CONFLICT|STOP|gpu_conflict|uses a GPU that another container has|a stop only stops",
      })
  void each_kind_says_its_own(Kind kind, Act act, String reason, String one, String other) {
    assertThat(Messages.text(Notices.of(kind, act, reason, TRAIN))).contains(one, other);
  }

  @ParameterizedTest
  @EnumSource(
      value = Kind.class,
      names = {"STOPPED", "PAUSED", "EXEMPT", "CONFLICT"})
  void what_is_over_or_not_to_come_names_nothing_that_prevents_it(Kind kind) {
    assertThat(Messages.text(Notices.of(kind, Act.STOP, "idle_timeout", TRAIN)))
        .doesNotContain("To prevent it");
  }

  @Test
  void a_test_is_about_no_container() throws JsonProcessingException {
    Notice test = Notice.test("ada", NOW, BERLIN);

    assertThat(Messages.text(test)).startsWith("Berth: this is a test.");
    JsonNode event = JSON.readTree(Messages.json(test));
    assertThat(event.path("user").asText()).isEqualTo("ada");
    assertThat(event.path("details").has("container")).isFalse();
  }

  @Test
  void json_is_shaped_like_a_line_of_the_event_log() throws JsonProcessingException {
    JsonNode event = JSON.readTree(Messages.json(Notices.warning()));

    assertThat(event.path("timestamp").asText()).isEqualTo("2026-11-21T16:53:00Z");
    assertThat(event.path("event_type").asText()).isEqualTo("container.warn");
    assertThat(event.path("source").asText()).isEqualTo("idle-stop");
    assertThat(event.path("schema_version").asText()).isEqualTo("1");
    assertThat(event.path("message").asText()).isEqualTo(Messages.text(Notices.warning()));
    JsonNode details = event.path("details");
    assertThat(details.path("by").asText()).isEqualTo("berth");
    assertThat(details.path("reason").asText()).isEqualTo("idle_timeout");
    assertThat(details.path("mode").asText()).isEqualTo("enforce");
    assertThat(details.path("notice").asText()).isEqualTo("warned");
    assertThat(details.path("container").asText()).isEqualTo("train");
    assertThat(details.path("id").asText()).isEqualTo(TRAIN.id());
    assertThat(details.path("action").asText()).isEqualTo("stop");
    assertThat(details.path("at").asText()).isEqualTo("2026-11-21T17:05:12Z");
    assertThat(details.path("gpu").get(1).asInt()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "PT0S, now",
    "PT-5M, now",
    "PT59.9S, in 59 s",
    "PT1M, in 1 min",
    "PT12M59S, in 12 min",
    "PT2H5M, in 2 h 5 min",
    "PT49H, in 2 d 1 h",
  })
  void what_is_left_is_rounded_down(Duration left, String words) {
    assertThat(Moments.left(NOW, NOW.plus(left))).isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource({
    "UTC, Sat 21 Nov 2026 17:05:12 UTC",
    "Asia/Kolkata, Sat 21 Nov 2026 22:35:12 IST",
    "America/New_York, Sat 21 Nov 2026 12:05:12 EST",
  })
  void moments_are_shown_in_the_configured_zone(java.time.ZoneId zone, String words) {
    assertThat(Moments.exact(DUE, zone)).isEqualTo(words);
  }

  @Test
  void no_value_from_elsewhere_can_steer_a_terminal_fake_a_line_or_break_out()
      throws JsonProcessingException {
    Random random = new Random(20261121);
    for (int i = 0; i < 2_000; i++) {
      Notice notice = hostile(random);

      String text = Messages.text(notice);

      assertThat(text.codePoints())
          .as(text)
          .allMatch(point -> point == '\n' || point == '?' || isVisible(point));
      assertThat(text.lines().skip(1)).allMatch(line -> line.matches("  [A-Z][A-Za-z ]*: .*"));
      assertThat(text.lines()).hasSizeLessThanOrEqualTo(6);
      assertThat(text.replaceFirst("(?s).*To prevent it:", "").lines().findFirst().orElse(""))
          .doesNotContain("$(", "`id`", "rm -rf");
      assertThat(JSON.readTree(Messages.json(notice)).path("message").asText()).isEqualTo(text);
    }
  }

  private static boolean isVisible(int point) {
    return point == ' '
        || Character.isLetterOrDigit(point)
        || "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".indexOf(point) >= 0
        || Character.getType(point) == Character.OTHER_SYMBOL;
  }

  private static Notice hostile(Random random) {
    Container container =
        Containers.running(text(random))
            .id(TRAIN.id())
            .mount("bind", text(random), "/" + text(random))
            .build();
    return new Notice(
        Kind.WARNED,
        NOW,
        BERLIN,
        "idle-stop",
        new Owner(text(random), ADA.source()),
        new About(container, ContainerType.DOCKER, "/workspace/.keep-alive"),
        new Plan(random.nextBoolean() ? Act.STOP : Act.REMOVE, DUE),
        new Why("idle_timeout", text(random), Map.of("image", text(random))));
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(40); i >= 0; i--) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return text.toString();
  }

  @Test
  void long_values_are_cut() {
    Container endless = Containers.running("x".repeat(100_000)).id(TRAIN.id()).build();

    assertThat(Messages.text(Notices.warning(endless)).length()).isLessThan(2_000);
  }
}
