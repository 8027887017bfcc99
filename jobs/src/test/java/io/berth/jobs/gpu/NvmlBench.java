package io.berth.jobs.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** The production binding on a stand-in library, with a ticker that tests move. */
final class NvmlBench implements AutoCloseable {

  static final Instant NOW = Instant.parse("2026-11-20T03:12:00Z");

  final FakeNvml fake;
  final Path driverGpus;
  final Gpus gpus;
  private final AtomicLong ticks = new AtomicLong();

  NvmlBench(Path dir, Duration timeout, List<String> missingSymbols) throws IOException {
    fake = FakeNvml.in(dir, "550.54.15", missingSymbols);
    driverGpus = Files.createDirectories(dir.resolve("proc-driver-nvidia-gpus"));
    gpus =
        new NvmlGpus(fake.library(), timeout, 7, driverGpus, InstantSource.fixed(NOW), ticks::get);
  }

  NvmlBench(Path dir) throws IOException {
    this(dir, Duration.ofSeconds(20), List.of());
  }

  static NvmlBench without(Path dir, String... symbols) throws IOException {
    return new NvmlBench(dir, Duration.ofSeconds(20), List.of(symbols));
  }

  void pass(Duration time) {
    ticks.addAndGet(time.toNanos());
  }

  Inventory inventory() {
    return known(gpus.inventory());
  }

  static <T> T known(Reading<T> reading) {
    assertThat(reading.why()).isEmpty();
    return reading.asOptional().orElseThrow();
  }

  List<String> uuids() {
    return inventory().devices().stream().map(Device::uuid).toList();
  }

  @Override
  public void close() {
    gpus.close();
  }
}
