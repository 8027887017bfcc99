package io.berth.jobs.gpu;

/** NVML could not be asked, or answered with an error. Never leaves this package. */
final class NvmlException extends Exception {

  private static final long serialVersionUID = 1L;

  private final int code;

  NvmlException(int code, String message) {
    super(message);
    this.code = code;
  }

  int code() {
    return code;
  }

  /** Whether the library has to be initialised anew before it can answer anything. */
  boolean endsSession() {
    return code == NvmlCode.UNINITIALIZED
        || code == NvmlCode.DRIVER_NOT_LOADED
        || code == NvmlCode.LIB_RM_VERSION_MISMATCH;
  }

  /** Whether it is this feature only that the driver or the device lacks. */
  boolean isMissingFeature() {
    return code == NvmlCode.FUNCTION_NOT_FOUND || code == NvmlCode.NOT_SUPPORTED;
  }
}
