package io.berth.policies;

/** A text that is not what it should be: what is wrong with it, and what to write instead. */
final class Refused extends IllegalArgumentException {

  private static final long serialVersionUID = 1;

  private final String what;
  private final String meant;

  Refused(String what, String meant) {
    super(what + "; " + meant);
    this.what = what;
    this.meant = meant;
  }

  String what() {
    return what;
  }

  String meant() {
    return meant;
  }
}
