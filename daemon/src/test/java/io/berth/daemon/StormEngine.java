package io.berth.daemon;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Container.State;
import io.berth.jobs.container.Containers;
import io.berth.jobs.engine.Engine;
import io.berth.jobs.engine.EngineException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An Engine in memory whose containers survive a kill of its process: whatever happens to one is a
 * line in a file before it is so, and the file is played back by the next process.
 */
final class StormEngine implements Engine {

  private final FileChannel file;
  private final InstantSource clock;
  private final Map<String, Container> containers = new LinkedHashMap<>();
  private volatile @Nullable EventListener listener;
  private volatile Runnable duringRemovals = () -> {};
  private volatile boolean down;
  private int made;

  StormEngine(Path path, InstantSource clock) throws IOException {
    this.clock = clock;
    this.file =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    ByteBuffer bytes = ByteBuffer.allocate((int) file.size());
    while (bytes.hasRemaining() && file.read(bytes) >= 0) {}
    String text = new String(bytes.array(), StandardCharsets.UTF_8);
    String whole = text.substring(0, text.lastIndexOf('\n') + 1);
    whole.lines().forEach(this::apply);
    file.truncate(whole.getBytes(StandardCharsets.UTF_8).length);
  }

  /** A name that no container here ever had. */
  synchronized String newName() {
    return "c" + made + "-" + clock.instant().toEpochMilli();
  }

  void create(String name, String owner, String gpu) {
    happens("create", name, owner, gpu);
  }

  void start(String name) {
    happens("start", name, "-", "-");
  }

  void exit(String name) {
    happens("die", name, "-", "-");
  }

  void destroy(String name) {
    happens("destroy", name, "-", "-");
  }

  synchronized List<Container> all() {
    return List.copyOf(containers.values());
  }

  /** From now on it does not say what there is. */
  void goesDown() {
    down = true;
  }

  /** Happens in the middle of every removal that is asked for: before it is done, or after. */
  void duringRemovals(Runnable something) {
    duringRemovals = something;
  }

  private void happens(String what, String name, String owner, String gpu) {
    synchronized (this) {
      String line = String.join(" ", what, name, owner, gpu, clock.instant().toString());
      if (!isPossible(what, name)) {
        return;
      }
      write(line);
      apply(line);
    }
    EventListener told = listener;
    if (told != null) {
      told.event(new Event(clock.instant(), Containers.idOf(name), what, Map.of()));
    }
  }

  /** What other threads did meanwhile decides. */
  private boolean isPossible(String what, String name) {
    Container container = containers.get(Containers.idOf(name));
    Predicate<State> isLive = State::isLive;
    return switch (what) {
      case "create" -> container == null;
      case "die" -> container != null && isLive.test(container.state());
      default -> container != null && !isLive.test(container.state());
    };
  }

  private void write(String line) {
    ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
    try {
      while (bytes.hasRemaining()) {
        file.write(bytes, file.size());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void apply(String line) {
    String[] word = line.split(" ", -1);
    String id = Containers.idOf(word[1]);
    Instant at = Instant.parse(word[4]);
    Container before = containers.get(id);
    if (word[0].equals("create")) {
      made++;
      Containers made = Containers.created(word[1]).owner(word[2]).createdAt(at).gpu(word[3]);
      containers.put(id, made.build());
    } else if (before != null) {
      Containers now = Containers.from(before);
      switch (word[0]) {
        case "start" -> containers.put(id, now.state(State.RUNNING).startedAt(at).build());
        case "die" -> containers.put(id, now.state(State.EXITED).finishedAt(at).build());
        default -> containers.remove(id);
      }
    }
  }

  @Override
  public Info info() {
    return new Info("storm", "0", "1.41");
  }

  @Override
  public void ping() {}

  @Override
  public List<Summary> list() throws EngineException {
    if (down) {
      throw new EngineException(EngineException.Kind.UNREACHABLE, "it is down");
    }
    return all().stream()
        .map(each -> new Summary(each.id(), each.name(), each.image(), each.state(), each.labels()))
        .toList();
  }

  @Override
  public synchronized Optional<Container> inspect(String id) {
    return Optional.ofNullable(containers.get(id));
  }

  @Override
  public ActResult remove(String id) {
    Optional<Container> container = inspect(id);
    if (container.isEmpty()) {
      return new ActResult(ActResult.Kind.GONE, "");
    }
    Runnable before = id.hashCode() % 2 == 0 ? duringRemovals : () -> {};
    Runnable after = id.hashCode() % 2 == 0 ? () -> {} : duringRemovals;
    before.run();
    destroy(container.get().name());
    after.run();
    return inspect(id).isPresent()
        ? new ActResult(ActResult.Kind.REFUSED, "it was started")
        : new ActResult(ActResult.Kind.DONE, "");
  }

  @Override
  public ActResult stop(String id, Duration grace) {
    throw new AssertionError("nothing is stopped in this storm");
  }

  @Override
  public ActResult pause(String id) {
    throw new AssertionError("nothing is paused in this storm");
  }

  @Override
  public ActResult unpause(String id) {
    throw new AssertionError("nothing is resumed in this storm");
  }

  @Override
  public Subscription subscribe(@Nullable Instant since, EventListener receiver) {
    listener = receiver;
    receiver.connected();
    return () -> listener = null;
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
