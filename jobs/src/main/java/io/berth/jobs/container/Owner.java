package io.berth.jobs.container;

/**
 * Who a container is attributed to, and the step of the chain that told (DESIGN section 4).
 *
 * @param name the user; {@link #UNKNOWN_NAME} where no step answered
 * @param source the step: {@code label:ds01.user}, {@code path-label:devcontainer.local_folder},
 *     {@code name-uid}, {@code ledger} where it was known before, {@code none}
 */
public record Owner(String name, String source) {

  public static final String UNKNOWN_NAME = "unknown";
  public static final Owner UNKNOWN = new Owner(UNKNOWN_NAME, "none");

  public boolean isKnown() {
    return !name.equals(UNKNOWN_NAME);
  }
}
