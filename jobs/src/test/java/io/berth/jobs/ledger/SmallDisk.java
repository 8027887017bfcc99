package io.berth.jobs.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A disk with little room, a tmpfs, that a test fills up. */
public final class SmallDisk implements AutoCloseable {

  private final Path folder;
  private final Path ballast;

  private SmallDisk(Path folder) {
    this.folder = folder;
    this.ballast = folder.resolve("ballast");
  }

  /**
   * Mounts it; a test without the right to do so is skipped.
   *
   * @param size as in {@code mount -o size=}
   */
  public static SmallDisk at(Path folder, String size) throws IOException {
    Files.createDirectories(folder);
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", folder.toString()),
        "needs root to mount a tmpfs");
    return new SmallDisk(folder);
  }

  public Path folder() {
    return folder;
  }

  /** Until nothing more fits. */
  public void fill() throws IOException {
    byte[] page = new byte[4096];
    int written = 0;
    try (OutputStream out = Files.newOutputStream(ballast)) {
      while (true) {
        out.write(page);
        written++;
      }
    } catch (IOException full) {
      assertThat(written).isPositive();
    }
  }

  public void makeRoom() throws IOException {
    Files.delete(ballast);
  }

  /** Until it is closed. */
  public void makeReadOnly() {
    assertThat(run("mount", "-o", "remount,ro", folder.toString())).isTrue();
  }

  /** One file of a folder that can be written, for root as well. */
  public record ReadOnly(Path file) implements AutoCloseable {

    @Override
    public void close() {
      run("umount", file.toString());
    }
  }

  /** Makes it read-only; a test without the right to do so is skipped. */
  public static ReadOnly readOnly(Path file) {
    String name = file.toString();
    assumeTrue(run("mount", "--bind", name, name), "needs root to bind a file to itself");
    assertThat(run("mount", "-o", "remount,ro,bind", name)).isTrue();
    return new ReadOnly(file);
  }

  @Override
  public void close() {
    run("umount", folder.toString());
  }

  private static boolean run(String... command) {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException noSuchCommand) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
