package io.berth.policies;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** {@code gpu:}. */
final class GpuSection {

  private static final Key<String> NVML_LIBRARY =
      Key.of(
          "nvml_library",
          TextType.WORD,
          "libnvidia-ml.so.1",
          "The NVIDIA management library: its name or path; none: a host without GPUs.");
  private static final Key<Duration> NVML_TIMEOUT =
      Key.of(
          "nvml_timeout",
          DurationType.POSITIVE,
          Duration.ofSeconds(5),
          "For any one call to that library.");
  private static final Key<Integer> MIG_SLICES =
      Key.of(
          "mig_slices",
          NumberType.count(1, 64),
          7,
          "Compute slices of a full GPU: a 2g instance counts as 2 of these.");
  private static final Key<Optional<String>> DCGM_EXPORTER =
      Key.of(
          "dcgm_exporter",
          OptionalType.orNull(TextType.URL),
          Optional.empty(),
          "The metrics URL of a dcgm-exporter, for the utilisation of MIG instances. null: off.");
  private static final Key<Boolean> COUNT_IMAGE_ENV =
      Key.of(
          "count_image_env",
          WordType.BOOLEAN,
          false,
          "Whether NVIDIA_VISIBLE_DEVICES that came with the image makes a GPU container.");
  private static final Key<List<String>> CEDED_DEVICES =
      Key.of(
          "ceded_devices",
          new ListType<>(TextType.DEVICE, false),
          List.of(),
          "UUIDs of GPUs that another manager has; Berth never grants them, nor MIG instances on them.");

  static final Section<PolicyBook.Gpu> SECTION =
      new Section<>(
          "gpu",
          "Where GPUs are seen.",
          List.of(
              NVML_LIBRARY,
              NVML_TIMEOUT,
              MIG_SLICES,
              DCGM_EXPORTER,
              COUNT_IMAGE_ENV,
              CEDED_DEVICES),
          values ->
              new PolicyBook.Gpu(
                  values.get(NVML_LIBRARY),
                  values.get(NVML_TIMEOUT),
                  values.get(MIG_SLICES),
                  values.get(DCGM_EXPORTER).orElse(null),
                  values.get(COUNT_IMAGE_ENV),
                  Set.copyOf(values.get(CEDED_DEVICES))));

  private GpuSection() {}
}
