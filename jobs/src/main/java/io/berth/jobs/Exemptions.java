package io.berth.jobs;

import io.berth.policies.PolicyBook.CleanupScope;
import org.jspecify.annotations.Nullable;

/** What keeps a container from every cleanup, before any rule is asked. Pure. */
final class Exemptions {

  private Exemptions() {}

  /** Why every job leaves it alone, in words; null where none does. */
  static @Nullable String of(Subject subject) {
    if (subject.protectedBy() != null) {
      return "it is protected: " + subject.protectedBy();
    }
    if (subject.ownerInDoubt() != null) {
      return "its owner can't be told now: " + subject.ownerInDoubt();
    }
    return null;
  }

  /** Why cleanup leaves it alone, in words; null where it does not. */
  static @Nullable String of(Subject subject, CleanupScope scope) {
    String exempt = of(subject);
    if (exempt != null) {
      return exempt;
    }
    return switch (scope) {
      case ALL -> null;
      case OWNED ->
          subject.owner().isKnown()
              ? null
              : "cleanup_scope is owned, and nobody is known to own it";
      case GPU ->
          subject.container().gpus().any() ? null : "cleanup_scope is gpu, and it asks for none";
    };
  }
}
