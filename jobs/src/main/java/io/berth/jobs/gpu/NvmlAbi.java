package io.berth.jobs.gpu;

/**
 * Sizes and offsets, in bytes, of the structs that NVML fills on 64-bit Linux (NVML API Reference;
 * held against a C compiler by NvmlAbiTest). Only what is read is here.
 */
final class NvmlAbi {

  static final int VERSION_BUFFER = 80;
  static final int NAME_BUFFER = 96;
  static final int UUID_BUFFER = 96;

  /** nvmlMemory_t. */
  static final int MEMORY_SIZE = 24;

  static final int MEMORY_TOTAL = 0;

  /** nvmlUtilization_t. */
  static final int UTILIZATION_SIZE = 8;

  static final int UTILIZATION_GPU = 0;

  /** nvmlDeviceAttributes_t. */
  static final int ATTRIBUTES_SIZE = 40;

  static final int ATTRIBUTES_GPU_SLICES = 24;
  static final int ATTRIBUTES_COMPUTE_SLICES = 28;
  static final int ATTRIBUTES_MEMORY_MIB = 32;

  /**
   * nvmlProcessInfo_v1_t, of the symbols without a version; nvmlProcessInfo_v2_t, of those named
   * _v2, adds the MIG ids behind the same two fields.
   */
  static final int PROCESS_V1_SIZE = 16;

  static final int PROCESS_V2_SIZE = 24;
  static final int PROCESS_PID = 0;
  static final int PROCESS_MEMORY = 8;

  /** nvmlPciInfo_t. */
  static final int PCI_SIZE = 68;

  static final int PCI_DOMAIN = 16;
  static final int PCI_BUS = 20;
  static final int PCI_DEVICE = 24;

  /** nvmlProcessUtilizationSample_t. */
  static final int SAMPLE_SIZE = 32;

  static final int SAMPLE_PID = 0;
  static final int SAMPLE_TIME = 8;
  static final int SAMPLE_SM = 16;

  /** NVML_VALUE_NOT_AVAILABLE. */
  static final long NOT_AVAILABLE = -1;

  private NvmlAbi() {}
}
