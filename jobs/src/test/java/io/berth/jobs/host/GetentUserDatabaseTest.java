package io.berth.jobs.host;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.berth.jobs.container.UserDatabase.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a script that plays getent and counts its runs; and once against the real one. */
@Timeout(60)
class GetentUserDatabaseTest {

  private static final Duration KEEP_NAMES = Duration.ofMinutes(10);
  private static final Duration KEEP_OTHERS = Duration.ofSeconds(30);
  private static final Answer ADA = new Answer.Found("ada");
  private static final Answer NO_SUCH_USER = new Answer.NoSuchUser();

  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-03-02T08:00:00Z"));

  @TempDir Path folder;
  private GetentUserDatabase users;

  @BeforeEach
  void a_database_that_answers() throws IOException {
    users = database(Duration.ofSeconds(30));
    getent("echo \"ada:x:$2:100:Ada:/home/ada:/bin/sh\"");
  }

  @Test
  void a_name_is_found() {
    assertThat(users.nameOf(1000)).isEqualTo(ADA);
  }

  @Test
  void the_real_one_knows_root_and_not_everybody() {
    GetentUserDatabase real = new GetentUserDatabase(now::get);

    assertThat(real.nameOf(0)).isEqualTo(new Answer.Found("root"));
    assertThat(real.nameOf(3_999_999_999L)).isEqualTo(NO_SUCH_USER);
  }

  @Test
  void exit_code_2_is_no_such_user() throws IOException {
    getent("exit 2");

    assertThat(users.nameOf(1000)).isEqualTo(NO_SUCH_USER);
  }

  @ParameterizedTest
  @CsvSource({"exit 1, exit code 1", "exit 3, exit code 3", "kill -9 $$, exit code 137"})
  void any_other_exit_code_is_no_answer(String script, String why) throws IOException {
    getent(script);

    assertNoAnswer(users.nameOf(1000), why);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "true",
        "echo",
        "echo ada",
        "echo ada:x",
        "echo :x:1000:100:",
        "echo ada:x:1001:100:Ada",
        "echo ada:x:4294968296:1:",
        "head -c 20000 /dev/zero"
      })
  void an_answer_that_makes_no_sense_is_none(String script) throws IOException {
    getent(script);

    assertNoAnswer(users.nameOf(1000), "makes no sense");
  }

  @Test
  void a_getent_that_is_not_there_is_no_answer() {
    GetentUserDatabase none =
        new GetentUserDatabase(
            List.of(folder.resolve("nowhere").toString(), "passwd"),
            Duration.ofSeconds(30),
            KEEP_NAMES,
            KEEP_OTHERS,
            now::get);

    assertNoAnswer(none.nameOf(1000), "can't run " + folder.resolve("nowhere") + " passwd 1000");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, 0xFFFF_FFFFL, 0x1_0000_03E8L, Long.MAX_VALUE})
  void a_uid_that_nobody_can_have_is_not_asked_for(long uid) throws IOException {
    assertThat(users.nameOf(uid)).isEqualTo(NO_SUCH_USER);
    assertThat(runs()).isZero();
  }

  @Test
  void a_name_is_remembered_for_long_and_asked_again_after_that() throws IOException {
    users.nameOf(1000);
    pass(KEEP_NAMES.minusSeconds(1));
    users.nameOf(1000);
    assertThat(runs()).isEqualTo(1);

    pass(Duration.ofSeconds(1));
    getent("echo bob:x:$2:100:");
    assertThat(users.nameOf(1000)).isEqualTo(new Answer.Found("bob"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"exit 2", "exit 1"})
  void any_other_answer_is_remembered_briefly(String script) throws IOException {
    getent(script);
    Answer first = users.nameOf(1000);
    getent("echo ada:x:$2:100:");

    pass(KEEP_OTHERS.minusSeconds(1));
    assertThat(users.nameOf(1000)).isEqualTo(first);
    pass(Duration.ofSeconds(1));
    assertThat(users.nameOf(1000)).isEqualTo(ADA);
  }

  @ParameterizedTest
  @ValueSource(strings = {"exit 2", "exit 1", "echo nonsense"})
  void a_uid_that_had_a_name_keeps_it_while_the_directory_is_down(String script)
      throws IOException {
    users.nameOf(1000);
    getent(script);

    pass(KEEP_NAMES);
    assertThat(users.nameOf(1000)).isEqualTo(ADA);
    pass(KEEP_OTHERS);
    assertThat(users.nameOf(1000)).isEqualTo(ADA);
    assertThat(runs()).isEqualTo(3);
  }

  @Test
  void a_clock_that_was_set_back_does_not_prolong_what_is_remembered() throws IOException {
    getent("exit 2");
    users.nameOf(1000);
    getent("echo ada:x:$2:100:");

    pass(Duration.ofDays(-1));
    assertThat(users.nameOf(1000)).isEqualTo(ADA);
  }

  @Test
  void of_many_uids_of_a_hanging_directory_only_the_first_costs_a_deadline() throws IOException {
    users = database(Duration.ofSeconds(3));
    users.nameOf(7);
    getent("exec sleep 600");

    assertNoAnswer(users.nameOf(1000), "gave no answer within 1500 ms");
    for (long uid = 1000; uid < 1200; uid++) {
      assertThat(users.nameOf(uid)).isInstanceOf(Answer.NoAnswer.class);
    }
    assertThat(users.nameOf(7)).isEqualTo(ADA);
    assertThat(runs()).isEqualTo(2);
    await().untilAsserted(() -> assertThat(isAlive(lastPid())).isFalse());

    getent("echo ada:x:$2:100:");
    pass(KEEP_OTHERS);
    assertThat(users.nameOf(1001)).isEqualTo(ADA);
  }

  @Test
  void a_child_that_keeps_the_pipe_open_does_not_hold_the_answer_up() throws IOException {
    getent("sleep 600 & echo $! > " + folder + "/child; echo ada:x:$2:100:");

    assertThat(users.nameOf(1000)).isEqualTo(ADA);
    long child = Long.parseLong(Files.readString(folder.resolve("child")).strip());
    ProcessHandle.of(child).ifPresent(ProcessHandle::destroyForcibly);
  }

  @Test
  void many_callers_ask_once() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<Answer>> answers =
          IntStream.range(0, 40).mapToObj(i -> threads.submit(() -> users.nameOf(1000))).toList();
      for (Future<Answer> answer : answers) {
        assertThat(answer.get(30, SECONDS)).isEqualTo(ADA);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(runs()).isEqualTo(1);
  }

  @Test
  void an_interrupted_caller_gets_no_answer_and_stays_interrupted() throws IOException {
    getent("exec sleep 600");
    Thread.currentThread().interrupt();

    Answer answer = users.nameOf(1000);

    assertThat(Thread.interrupted()).isTrue();
    assertNoAnswer(answer, "interrupted");
  }

  private GetentUserDatabase database(Duration deadline) {
    return new GetentUserDatabase(
        List.of("sh", folder.resolve("getent").toString(), "passwd"),
        deadline,
        KEEP_NAMES,
        KEEP_OTHERS,
        now::get);
  }

  /** The script gets {@code passwd UID}. */
  private void getent(String script) throws IOException {
    Files.writeString(
        folder.resolve("getent"), "echo $$ >> " + folder.resolve("pids") + "\n" + script + "\n");
  }

  private void pass(Duration time) {
    now.updateAndGet(instant -> instant.plus(time));
  }

  private int runs() throws IOException {
    return pids().size();
  }

  private long lastPid() throws IOException {
    List<String> pids = pids();
    return Long.parseLong(pids.get(pids.size() - 1));
  }

  private List<String> pids() throws IOException {
    Path pids = folder.resolve("pids");
    return Files.exists(pids) ? Files.readAllLines(pids) : List.of();
  }

  private static boolean isAlive(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  private static void assertNoAnswer(Answer answer, String why) {
    assertThat(answer)
        .isInstanceOfSatisfying(
            Answer.NoAnswer.class, none -> assertThat(none.why()).contains(why));
  }
}
