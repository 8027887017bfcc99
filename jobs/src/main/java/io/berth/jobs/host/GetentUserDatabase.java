package io.berth.jobs.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.berth.jobs.container.UserDatabase;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The system's user database through {@code getent passwd UID}: a process of its own, which can be
 * killed where a directory (LDAP, SSSD, NIS) hangs. Safe for use by several threads.
 *
 * <ul>
 *   <li>One look-up at a time. After one that missed its deadline nobody is asked for a while, and
 *       not before its process is gone: of many containers with uids of a hanging directory only
 *       the first waits.
 *   <li>Names are remembered for long, everything else briefly: getent says "no such user" of a
 *       directory that is down as well.
 *   <li>For the same reason a uid that had a name keeps it until the database gives another one.
 * </ul>
 */
public final class GetentUserDatabase implements UserDatabase {

  private static final List<String> GETENT = List.of("getent", "passwd");
  private static final Duration DEADLINE = Duration.ofSeconds(4);
  private static final Duration KEEP_NAMES = Duration.ofMinutes(10);
  private static final Duration KEEP_OTHERS = Duration.ofSeconds(30);

  private static final int EXIT_NO_SUCH_KEY = 2;
  private static final long MAX_UID = 0xFFFF_FFFEL;
  private static final int MAX_OUTPUT = 65_536;

  /** More than any host has users; keeps made-up container names from filling the memory. */
  private static final int MAX_REMEMBERED = 10_000;

  /** Until a moment, unless the clock was set back before it began. */
  private record Span(Instant from, Instant until) {
    boolean contains(Instant at) {
      return !at.isBefore(from) && at.isBefore(until);
    }
  }

  private record Remembered(Answer answer, Span span) {}

  private final List<String> command;
  private final Duration share;
  private final Duration keepNames;
  private final Duration keepOthers;
  private final InstantSource clock;
  private final Map<Long, Remembered> memory = Collections.synchronizedMap(new Lru());
  private final ReentrantLock turn = new ReentrantLock(true);

  // Both are guarded by turn.
  private Span silence = new Span(Instant.MAX, Instant.MAX);
  private @Nullable Process hanging;

  /** The database of this host. */
  public GetentUserDatabase(InstantSource clock) {
    this(GETENT, DEADLINE, KEEP_NAMES, KEEP_OTHERS, clock);
  }

  /**
   * @param command what the uid is appended to
   * @param deadline of one call of {@link #nameOf}: half of it to wait in line, half to look up
   * @param keepNames how long a name is taken for true without asking again
   * @param keepOthers how long any other answer is, and how long nobody is asked after a look-up
   *     that hung
   */
  GetentUserDatabase(
      List<String> command,
      Duration deadline,
      Duration keepNames,
      Duration keepOthers,
      InstantSource clock) {
    this.command = List.copyOf(command);
    this.share = deadline.dividedBy(2);
    this.keepNames = keepNames;
    this.keepOthers = keepOthers;
    this.clock = clock;
  }

  @Override
  public Answer nameOf(long uid) {
    if (uid < 0 || uid > MAX_UID) {
      return new Answer.NoSuchUser();
    }
    return fresh(uid).orElseGet(() -> inTurn(uid));
  }

  private Optional<Answer> fresh(long uid) {
    return Optional.ofNullable(memory.get(uid))
        .filter(remembered -> remembered.span().contains(clock.instant()))
        .map(Remembered::answer);
  }

  private Answer inTurn(long uid) {
    try {
      if (!turn.tryLock(share.toMillis(), MILLISECONDS)) {
        return orKnown(uid, new Answer.NoAnswer("other look-ups take too long"));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return orKnown(uid, new Answer.NoAnswer("interrupted"));
    }
    try {
      return fresh(uid)
          .orElseGet(() -> isSilent() ? orKnown(uid, silent()) : remember(uid, ask(uid)));
    } finally {
      turn.unlock();
    }
  }

  private boolean isSilent() {
    return silence.contains(clock.instant()) || (hanging != null && hanging.isAlive());
  }

  private Answer silent() {
    return new Answer.NoAnswer(
        "not asked, because the last look-up hung; try: " + String.join(" ", command) + " UID");
  }

  private Answer remember(long uid, Answer answer) {
    Answer kept = orKnown(uid, answer);
    memory.put(
        uid, new Remembered(kept, span(answer instanceof Answer.Found ? keepNames : keepOthers)));
    return kept;
  }

  /** A name that the answer gives or that was known before; where neither is, the answer. */
  private Answer orKnown(long uid, Answer answer) {
    return answer instanceof Answer.Found ? answer : known(uid).orElse(answer);
  }

  private Optional<Answer> known(long uid) {
    return Optional.ofNullable(memory.get(uid))
        .map(Remembered::answer)
        .filter(Answer.Found.class::isInstance);
  }

  private Span span(Duration length) {
    Instant now = clock.instant();
    return new Span(now, now.plus(length));
  }

  private Answer ask(long uid) {
    List<String> line = new ArrayList<>(command);
    line.add(Long.toString(uid));
    try {
      return ask(line, uid);
    } catch (IOException e) {
      return new Answer.NoAnswer("can't run " + String.join(" ", line) + ": " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Answer.NoAnswer("interrupted");
    }
  }

  private Answer ask(List<String> line, long uid) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(line)
            .redirectInput(new File("/dev/null"))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      if (!process.waitFor(share.toMillis(), MILLISECONDS)) {
        hanging = process;
        silence = span(keepOthers);
        return new Answer.NoAnswer(
            String.join(" ", line) + " gave no answer within " + share.toMillis() + " ms");
      }
      return answer(process, uid);
    } finally {
      process.destroyForcibly();
    }
  }

  private static Answer answer(Process ended, long uid) throws IOException {
    return switch (ended.exitValue()) {
      case 0 -> name(output(ended), uid);
      case EXIT_NO_SUCH_KEY -> new Answer.NoSuchUser();
      default -> new Answer.NoAnswer("getent ended with exit code " + ended.exitValue());
    };
  }

  /**
   * What is there, without waiting for more: a child that the process left behind may keep the pipe
   * open for ever.
   */
  private static String output(Process ended) throws IOException {
    try (InputStream in = ended.getInputStream()) {
      return new String(in.readNBytes(Math.min(in.available(), MAX_OUTPUT)), UTF_8);
    }
  }

  /** {@code name:password:uid:...}; the uid is compared, since getent cuts it to 32 bits. */
  private static Answer name(String output, long uid) {
    String[] fields = output.split(":", 4);
    boolean sound = fields.length == 4 && !fields[0].isBlank();
    return sound && fields[2].equals(Long.toString(uid))
        ? new Answer.Found(fields[0])
        : new Answer.NoAnswer("getent's answer for uid " + uid + " makes no sense");
  }

  /** The answers used last. */
  private static final class Lru extends LinkedHashMap<Long, Remembered> {

    private static final long serialVersionUID = 1L;

    Lru() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<Long, Remembered> eldest) {
      return size() > MAX_REMEMBERED;
    }
  }
}
