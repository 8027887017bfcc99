package io.berth.jobs;

import io.berth.jobs.rules.Idleness;
import io.berth.policies.Limits;
import io.berth.policies.PolicyBook;
import java.time.Instant;
import java.util.Collection;

/** What the running GPU containers do, as the jobs see it. */
public interface Pulse {

  /** A sample is tried now, whatever comes of it. */
  void attempt(Instant now);

  /**
   * Takes one sample of each of them.
   *
   * @param all that there are: who shares a network with whom
   */
  void sample(Collection<Subject> running, Collection<Subject> all, PolicyBook book, Instant now);

  /** Whether one does anything, by the samples there are. */
  Idleness of(Subject subject, Limits limits, PolicyBook.Policies policies, Instant now);

  /** The same after another sample of it, right before an act. */
  Idleness now(Subject subject, Limits limits, PolicyBook.Policies policies, Instant now);

  /** Somebody attaches to it. */
  void touched(String containerId, Instant at);

  /**
   * A command is started in it: by somebody, or as its healthcheck.
   *
   * @param action the Engine's event, such as {@code exec_start: sh -c ls}
   */
  void executed(String containerId, String action, Instant at);

  /** What came before says nothing about now: every run of idle samples begins anew. */
  void broken(String why);

  /** Looks at nothing: of no container is known what it does, so none is idle. */
  Pulse NONE =
      new Pulse() {
        @Override
        public void attempt(Instant now) {}

        @Override
        public void sample(
            Collection<Subject> running, Collection<Subject> all, PolicyBook book, Instant now) {}

        @Override
        public Idleness of(
            Subject subject, Limits limits, PolicyBook.Policies policies, Instant now) {
          return Idleness.unknown("nobody looks at what it does");
        }

        @Override
        public Idleness now(
            Subject subject, Limits limits, PolicyBook.Policies policies, Instant now) {
          return of(subject, limits, policies, now);
        }

        @Override
        public void touched(String containerId, Instant at) {}

        @Override
        public void executed(String containerId, String action, Instant at) {}

        @Override
        public void broken(String why) {}
      };
}
