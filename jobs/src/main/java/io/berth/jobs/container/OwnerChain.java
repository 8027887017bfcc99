package io.berth.jobs.container;

import io.berth.policies.PolicyBook;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The chain that attributes a container to a user (DESIGN section 4): the first step that answers
 * decides. Its steps are {@code ownership:} of the book, in this order: the labels, the path
 * labels, the name pattern.
 *
 * <p>What does not answer: a label that is absent, blank, or no possible {@link UserName}; a folder
 * outside the home roots; a name that the pattern does not match. A uid that no user has does
 * answer, with {@code unknown}.
 */
public final class OwnerChain {

  /** What the chain says. */
  public sealed interface Attribution {

    /** It came to an end; the owner may be {@code unknown}. */
    record Answered(Owner owner) implements Attribution {}

    /**
     * The user database did not answer, so the owner is not known now; which is missing knowledge,
     * and not the owner {@code unknown}.
     */
    record Undetermined(String why) implements Attribution {}
  }

  /** One step; empty where it does not answer. */
  private interface Step {
    Optional<Attribution> attribute(Container container);
  }

  /** {@code (uid_t) -1} is no user's: it stands for "none" in the system calls. */
  private static final long MAX_UID = 0xFFFF_FFFEL;

  /** A configured pattern may let other things pass. */
  private static final Pattern NUMBER = Pattern.compile("[0-9]+");

  private final List<Step> steps = new ArrayList<>();

  public OwnerChain(PolicyBook.Ownership ownership, UserDatabase users) {
    HomeRoots homes = new HomeRoots(ownership.homeRoots());
    ownership.labels().forEach(label -> steps.add(container -> byLabel(container, label)));
    ownership
        .pathLabels()
        .forEach(label -> steps.add(container -> byFolder(container, label, homes)));
    steps.add(container -> byName(container, ownership.namePattern(), users));
  }

  /** Takes no longer than one look-up in the user database. Never throws. */
  public Attribution attribute(Container container) {
    for (Step step : steps) {
      Optional<Attribution> answer = step.attribute(container);
      if (answer.isPresent()) {
        return answer.get();
      }
    }
    return new Attribution.Answered(Owner.UNKNOWN);
  }

  private static Optional<Attribution> byLabel(Container container, String label) {
    return Optional.ofNullable(container.labels().get(label))
        .flatMap(UserName::of)
        .map(name -> answered(name, "label:" + label));
  }

  private static Optional<Attribution> byFolder(
      Container container, String label, HomeRoots homes) {
    return Optional.ofNullable(container.labels().get(label))
        .flatMap(homes::userOf)
        .map(name -> answered(name, "path-label:" + label));
  }

  private static Optional<Attribution> byName(
      Container container, Pattern pattern, UserDatabase users) {
    Matcher name = pattern.matcher(container.name());
    String digits = name.find() ? name.group("uid") : null;
    if (digits == null || !NUMBER.matcher(digits).matches()) {
      return Optional.empty();
    }
    return uid(digits).map(uid -> byUid(uid, users)).or(() -> Optional.of(noSuchUser()));
  }

  /** Empty for a number that no user can have. */
  private static Optional<Long> uid(String digits) {
    try {
      return Optional.of(Long.parseLong(digits)).filter(uid -> uid <= MAX_UID);
    } catch (NumberFormatException beyondLong) {
      return Optional.empty();
    }
  }

  private static Attribution byUid(long uid, UserDatabase users) {
    UserDatabase.Answer answer = users.nameOf(uid);
    if (answer instanceof UserDatabase.Answer.NoAnswer none) {
      return new Attribution.Undetermined(
          "the user database did not answer for uid " + uid + ": " + none.why());
    }
    if (answer instanceof UserDatabase.Answer.Found found) {
      return UserName.of(found.name())
          .map(name -> answered(name, "name-uid"))
          .orElseGet(OwnerChain::noSuchUser);
    }
    return noSuchUser();
  }

  private static Attribution noSuchUser() {
    return answered(Owner.UNKNOWN_NAME, "name-uid");
  }

  private static Attribution answered(String name, String source) {
    return new Attribution.Answered(new Owner(name, source));
  }
}
