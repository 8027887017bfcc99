package io.berth.jobs.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class NvmlAbiTest {

  @Test
  void sizes_and_offsets_are_the_compilers() throws IOException {
    assertThat(FakeNvml.layout())
        .containsExactlyInAnyOrder(
            "nvmlMemory_t " + NvmlAbi.MEMORY_SIZE,
            "nvmlMemory_t.total " + NvmlAbi.MEMORY_TOTAL,
            "nvmlUtilization_t " + NvmlAbi.UTILIZATION_SIZE,
            "nvmlUtilization_t.gpu " + NvmlAbi.UTILIZATION_GPU,
            "nvmlDeviceAttributes_t " + NvmlAbi.ATTRIBUTES_SIZE,
            "nvmlDeviceAttributes_t.gpuInstanceSliceCount " + NvmlAbi.ATTRIBUTES_GPU_SLICES,
            "nvmlDeviceAttributes_t.computeInstanceSliceCount " + NvmlAbi.ATTRIBUTES_COMPUTE_SLICES,
            "nvmlDeviceAttributes_t.memorySizeMB " + NvmlAbi.ATTRIBUTES_MEMORY_MIB,
            "nvmlPciInfo_t " + NvmlAbi.PCI_SIZE,
            "nvmlPciInfo_t.domain " + NvmlAbi.PCI_DOMAIN,
            "nvmlPciInfo_t.bus " + NvmlAbi.PCI_BUS,
            "nvmlPciInfo_t.device " + NvmlAbi.PCI_DEVICE,
            "nvmlProcessInfo_v1_t " + NvmlAbi.PROCESS_V1_SIZE,
            "nvmlProcessInfo_v1_t.pid " + NvmlAbi.PROCESS_PID,
            "nvmlProcessInfo_v1_t.usedGpuMemory " + NvmlAbi.PROCESS_MEMORY,
            "nvmlProcessInfo_v2_t " + NvmlAbi.PROCESS_V2_SIZE,
            "nvmlProcessInfo_v2_t.pid " + NvmlAbi.PROCESS_PID,
            "nvmlProcessInfo_v2_t.usedGpuMemory " + NvmlAbi.PROCESS_MEMORY,
            "nvmlProcessUtilizationSample_t " + NvmlAbi.SAMPLE_SIZE,
            "nvmlProcessUtilizationSample_t.pid " + NvmlAbi.SAMPLE_PID,
            "nvmlProcessUtilizationSample_t.timeStamp " + NvmlAbi.SAMPLE_TIME,
            "nvmlProcessUtilizationSample_t.smUtil " + NvmlAbi.SAMPLE_SM);
  }
}
