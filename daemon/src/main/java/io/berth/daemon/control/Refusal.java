package io.berth.daemon.control;

/** A request that is not carried out: what the caller is told of it. */
final class Refusal extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Why, in one word that stays the same; with the status that goes with it. */
  enum Code {
    /** The request makes no sense; the words say what is wrong in it. */
    BAD_REQUEST(400),
    /** The caller may not. */
    FORBIDDEN(403),
    NOT_FOUND(404),
    METHOD_NOT_ALLOWED(405),
    /** A quota, a policy, or the state that things are in. */
    REFUSED(409),
    /** No rule forbids it, but no device is free. */
    NOTHING_FREE(409),
    TOO_LARGE(413),
    /** The same caller has too much in hand already. */
    TOO_MANY(429),
    /** It was tried, and failed. */
    FAILED(500),
    /** It can't be done now, or not by this daemon. */
    UNAVAILABLE(503);

    private final int status;

    Code(int status) {
      this.status = status;
    }

    int status() {
      return status;
    }

    String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  private final Code code;

  Refusal(Code code, String words) {
    super(words, null, false, false);
    this.code = code;
  }

  Code code() {
    return code;
  }

  String words() {
    return String.valueOf(getMessage());
  }
}
