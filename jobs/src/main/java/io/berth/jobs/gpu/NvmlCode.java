package io.berth.jobs.gpu;

/** The return codes of NVML that mean something here (nvmlReturn_t), and what to do about them. */
final class NvmlCode {

  static final int SUCCESS = 0;
  static final int UNINITIALIZED = 1;
  static final int NOT_SUPPORTED = 3;
  static final int NO_PERMISSION = 4;
  static final int NOT_FOUND = 6;
  static final int INSUFFICIENT_SIZE = 7;
  static final int DRIVER_NOT_LOADED = 9;
  static final int LIBRARY_NOT_FOUND = 12;
  static final int FUNCTION_NOT_FOUND = 13;
  static final int GPU_IS_LOST = 15;
  static final int RESET_REQUIRED = 16;
  static final int OPERATING_SYSTEM = 17;
  static final int LIB_RM_VERSION_MISMATCH = 18;

  private NvmlCode() {}

  /** What an admin can do about it; empty where nobody knows. */
  static String advice(int code) {
    return switch (code) {
      case DRIVER_NOT_LOADED -> "load the nvidia kernel module (modprobe nvidia), and see dmesg";
      case LIB_RM_VERSION_MISMATCH ->
          "the driver was upgraded, but the old kernel module is still loaded: reboot, or unload and"
              + " load the nvidia modules; if it then stays, restart berthd";
      case GPU_IS_LOST -> "see dmesg for the Xid; a GPU that fell off the bus needs a reboot";
      case RESET_REQUIRED -> "reset it with nvidia-smi --gpu-reset once nobody uses it";
      case NO_PERMISSION -> "berthd must run as root";
      case OPERATING_SYSTEM -> "a cgroup or DeviceAllow= keeps berthd from /dev/nvidiactl";
      default -> "";
    };
  }
}
