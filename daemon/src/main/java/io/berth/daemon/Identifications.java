package io.berth.daemon;

import io.berth.jobs.Identification;
import io.berth.jobs.container.Container;
import io.berth.jobs.container.Infrastructure;
import io.berth.jobs.container.OwnerChain;
import io.berth.jobs.container.TypeChain;
import io.berth.jobs.container.UserDatabase;
import io.berth.policies.ContainerType;
import io.berth.policies.PolicyBook;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The chains of DESIGN section 4, as the book in force has them. */
final class Identifications {

  private final UserDatabase users;
  private final Predicate<String> protectedByAdmin;
  private final @Nullable String ownContainer;

  /**
   * @param protectedByAdmin whether {@code berth protect} names the container of that id
   * @param ownContainer the container the daemon itself runs in; null where it runs in none
   */
  Identifications(
      UserDatabase users, Predicate<String> protectedByAdmin, @Nullable String ownContainer) {
    this.users = users;
    this.protectedByAdmin = protectedByAdmin;
    this.ownContainer = ownContainer;
  }

  Identification of(PolicyBook book) {
    OwnerChain owners = new OwnerChain(book.ownership(), users);
    Infrastructure infrastructure =
        new Infrastructure(book.monitoring(), protectedByAdmin, ownContainer);
    return new Identification() {
      @Override
      public OwnerChain.Attribution attribute(Container container) {
        return owners.attribute(container);
      }

      @Override
      public ContainerType typeOf(Container container) {
        return TypeChain.typeOf(container);
      }

      @Override
      public @Nullable String protects(Container container) {
        return infrastructure.protection(container).orElse(null);
      }
    };
  }
}
