package io.berth.jobs.container;

/** The system's user database. */
public interface UserDatabase {

  /** What it says of a uid. */
  sealed interface Answer {
    record Found(String name) implements Answer {}

    /** It answered that there is no such user. */
    record NoSuchUser() implements Answer {}

    /** It did not answer; which says nothing about the user. */
    record NoAnswer(String why) implements Answer {}
  }

  /** Never throws, never takes longer than its deadline. */
  Answer nameOf(long uid);
}
