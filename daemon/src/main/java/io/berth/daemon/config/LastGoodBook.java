package io.berth.daemon.config;

import io.berth.policies.PolicyBook;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The copy of the configuration that was last in force, kept beside the ledger, for a start with a
 * file that is bad.
 *
 * <p>{@code last-good} is a symbolic link to the folder of one copy, {@code last-good.N}, that is
 * complete: the link is what is replaced, in one step. Within the folder the files lie as they lay
 * beside the main one; {@code .origin} names that, so that no other file's copy is taken.
 */
final class LastGoodBook {

  private static final String LINK = "last-good";
  private static final String ORIGIN = ".origin";

  private final Path folder;

  /**
   * @param folder the ledger's
   */
  LastGoodBook(Path folder) {
    this.folder = folder;
  }

  /** The main file of the copy; empty if there is none of that main file. */
  Optional<Path> of(Path main) throws IOException {
    Path link = folder.resolve(LINK);
    try {
      String origin = Files.readString(link.resolve(ORIGIN));
      return origin.equals(absolute(main).toString())
          ? Optional.of(link.resolve(nameOf(main)))
          : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** Copies the files of that book, and forgets the copy before. */
  void keep(PolicyBook book) throws IOException {
    Files.createDirectories(folder);
    Path copy = folder.resolve(LINK + "." + nextNumber());
    Files.createDirectory(copy);
    Path main = absolute(book.files().get(0));
    for (Path file : book.files()) {
      copy(absolute(file), copy.resolve(folderOf(main).relativize(absolute(file)).toString()));
    }
    write(copy.resolve(ORIGIN), main.toString());
    force(copy);
    pointTo(copy);
    deleteAllBut(copy);
  }

  private void pointTo(Path copy) throws IOException {
    Path next = folder.resolve(LINK + ".next");
    Files.deleteIfExists(next);
    Files.createSymbolicLink(next, copy.getFileName());
    Files.move(next, folder.resolve(LINK), StandardCopyOption.ATOMIC_MOVE);
    force(folder);
  }

  private long nextNumber() throws IOException {
    long last = 0;
    for (Path copy : copies()) {
      last = Math.max(last, numberOf(copy));
    }
    return last + 1;
  }

  private void deleteAllBut(Path kept) throws IOException {
    for (Path copy : copies()) {
      if (!copy.equals(kept)) {
        delete(copy);
      }
    }
  }

  /** Complete ones and those that a crash left. */
  private List<Path> copies() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> numberOf(file) > 0).toList();
    }
  }

  private static long numberOf(Path copy) {
    String name = nameOf(copy);
    String number = name.startsWith(LINK + ".") ? name.substring(LINK.length() + 1) : "";
    return number.matches("[1-9][0-9]{0,17}") ? Long.parseLong(number) : 0;
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(folderOf(to));
    Files.copy(from, to);
    force(to);
  }

  private static void write(Path file, String text) throws IOException {
    Files.writeString(file, text);
    force(file);
  }

  private static void force(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void delete(Path tree) throws IOException {
    List<Path> deepestLast;
    try (Stream<Path> files = Files.walk(tree)) {
      deepestLast = files.toList();
    }
    for (int i = deepestLast.size() - 1; i >= 0; i--) {
      Files.delete(deepestLast.get(i));
    }
  }

  private static Path absolute(Path file) {
    return file.toAbsolutePath().normalize();
  }

  private static Path folderOf(Path file) {
    Path parent = file.getParent();
    return parent == null ? file : parent;
  }

  private static String nameOf(Path file) {
    return String.valueOf(file.getFileName());
  }
}
