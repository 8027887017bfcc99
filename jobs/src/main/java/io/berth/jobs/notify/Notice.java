package io.berth.jobs.notify;

import io.berth.jobs.container.Container;
import io.berth.jobs.container.Owner;
import io.berth.policies.ContainerType;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that the owner of a container is to be told. Immutable.
 *
 * @param at when it came up; what is left until {@code plan} is counted from here
 * @param zone that moments are shown in: {@code schedules.timezone}
 * @param source the job, or {@code cli}
 * @param about null for a test, which is about no container
 * @param plan what is done or will be; null where nothing is
 * @param why null for a test
 */
public record Notice(
    Kind kind,
    Instant at,
    ZoneId zone,
    String source,
    Owner owner,
    @Nullable About about,
    @Nullable Plan plan,
    @Nullable Why why) {

  /** What the owner is told of. */
  public enum Kind {
    /** It will be acted on, unless something prevents it. */
    WARNED("container.warn"),
    /** The same, and no further warning comes. */
    WARNED_LAST("container.warn"),
    STOPPED("container.stop"),
    PAUSED("container.pause"),
    /** It would be acted on, were its owner not exempt. */
    EXEMPT("exemption.applied"),
    /** It stopped, and will be removed. */
    REMOVAL_ANNOUNCED("container.warn"),
    /** Another container has its device. */
    CONFLICT("gpu.conflict"),
    /** An admin tries the channels. */
    TEST("notification.test");

    private final String eventType;

    Kind(String eventType) {
      this.eventType = eventType;
    }

    String eventType() {
      return eventType;
    }
  }

  /**
   * The container.
   *
   * @param container as it was seen last
   * @param keepAliveFile {@code policies.keepalive_file}
   */
  public record About(Container container, ContainerType type, String keepAliveFile) {}

  /**
   * What is done.
   *
   * @param due when exactly, or when it was done
   */
  public record Plan(Act act, Instant due) {}

  /** What is done to the container. */
  public enum Act {
    STOP("stop", "be stopped", "was stopped"),
    PAUSE("pause", "be paused", "was paused"),
    REMOVE("remove", "be removed", "was removed"),
    /** Where {@code idle_action} is {@code warn}: its time is up, and nothing is done. */
    WARN("warn", "be over its limit", "is over its limit");

    private final String word;
    private final String coming;
    private final String done;

    Act(String word, String coming, String done) {
      this.word = word;
      this.coming = coming;
      this.done = done;
    }

    /** The word used in events. */
    public String word() {
      return word;
    }

    String coming() {
      return coming;
    }

    String done() {
      return done;
    }
  }

  /**
   * Why.
   *
   * @param reason the event's word for it, such as {@code idle_timeout}
   * @param sentence for a human
   * @param numbers what it rests on, the samples too, by the names that the event gives them; of
   *     types that JSON has
   */
  public record Why(String reason, String sentence, Map<String, Object> numbers) {
    public Why {
      numbers = Collections.unmodifiableMap(new LinkedHashMap<>(numbers));
    }
  }

  /** What the owner is told, in lines, under its time. */
  public String alert() {
    return Moments.exact(at, zone) + "\n" + Messages.text(this);
  }

  /** For {@code berth notify --test USER}. */
  public static Notice test(String user, Instant at, ZoneId zone) {
    Owner owner = new Owner(user, "cli");
    return new Notice(Kind.TEST, at, zone, "cli", owner, null, null, null);
  }
}
