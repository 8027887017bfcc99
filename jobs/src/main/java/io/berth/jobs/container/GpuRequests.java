package io.berth.jobs.container;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the GPUs a container asks for out of what the Engine says of it (DESIGN section 3, "Who
 * holds a device").
 *
 * <ul>
 *   <li>DeviceRequests ({@code --gpus}, Compose, CDI) beat {@code NVIDIA_VISIBLE_DEVICES}, as the
 *       Engine overwrites the variable with them. Those of other vendors are none.
 *   <li>The variable counts only where NVIDIA's hook runs, and where somebody set it on the
 *       container: an image's own value makes no GPU container.
 *   <li>{@code /dev/nvidiaN} device paths are added to either. N is taken for the index.
 *   <li>Where these are mixed, {@code all} covers every name, and a name beats a count.
 *   <li>A piece that has none of the forms of a device's name is as good as not there: no such
 *       device exists, and the Engine's hook refuses to start the container.
 * </ul>
 */
public final class GpuRequests {

  /**
   * What the Engine says about devices: {@code HostConfig} and {@code Config} of {@code GET
   * /containers/ID/json}, and the image's {@code Config.Env}.
   *
   * @param runtime {@code HostConfig.Runtime}; null where it has none
   * @param env {@code NAME=value} lines of the container; the image's are among them
   * @param imageEnv those of the image
   * @param devicePaths {@code HostConfig.Devices[].PathOnHost}
   */
  public record Asked(
      List<DeviceRequest> deviceRequests,
      @Nullable String runtime,
      List<String> env,
      List<String> imageEnv,
      List<String> devicePaths) {}

  /**
   * One of {@code HostConfig.DeviceRequests}.
   *
   * @param driver empty where the Engine chooses one by the capabilities
   * @param count -1 for all, 0 where {@code deviceIds} says which
   * @param capabilities alternatives, each a list of what is needed together
   */
  public record DeviceRequest(
      String driver, int count, List<String> deviceIds, List<List<String>> capabilities) {}

  private static final String VARIABLE = "NVIDIA_VISIBLE_DEVICES=";
  private static final String CDI_CLASS = "nvidia.com/gpu=";

  /** The capabilities that the Engine's NVIDIA driver offers. */
  private static final Set<String> NVIDIA_CAPABILITIES =
      Set.of(
          "gpu", "nvidia", "compute", "compat32", "display", "graphics", "ngx", "utility", "video");

  /**
   * A device's name: an index, a MIG index, a UUID (or the beginning of one), the old form of a MIG
   * UUID, a PCI bus id (of which the toolkit reads the first three numbers); all of these also as
   * CDI spells them, with the class before ({@code nvidia.com/gpu=0}) and perhaps the type before
   * an index ({@code gpu0}, {@code mig0:1}).
   */
  private static final Pattern NAME =
      Pattern.compile(
          "(?:(?:runtime\\.)?nvidia\\.com/gpu=)?"
              + "(?:gpu(?=[0-9])|mig(?=[0-9]))?"
              + "([0-9]{1,4}(?::[0-9]{1,4})?"
              + "|[0-9A-Fa-f]{1,8}(?::[0-9A-Fa-f]{1,2}){2}(?:\\.[0-7])?"
              + "|(?i:GPU|MIG)-[0-9A-Za-z-]{1,80}(?:/[0-9]{1,4}/[0-9]{1,4})?"
              + "|all)");

  private static final Pattern DEVICE_PATH = Pattern.compile("/dev/nvidia([0-9]{1,4})");

  private final Set<String> names = new LinkedHashSet<>();
  private boolean all;
  private int count;

  private GpuRequests() {}

  /**
   * Never throws.
   *
   * @param countImageEnv {@code gpu.count_image_env}: the image's variable counts as well
   */
  public static GpuRequest of(Asked asked, boolean countImageEnv) {
    GpuRequests sum = new GpuRequests();
    List<DeviceRequest> requests = requestsForNvidia(asked);
    if (requests.stream().anyMatch(GpuRequests::says)) {
      requests.forEach(sum::add);
    } else if (readsVariable(asked)) {
      sum.addVariable(asked, countImageEnv);
    }
    asked.devicePaths().forEach(sum::addPath);
    return sum.result();
  }

  /**
   * Whether the variable is there and counts, so that it matters who set it. A request that says
   * nothing ({@code --gpus 0}) brings the hook all the same, which reads the variable.
   */
  public static boolean readsVariable(Asked asked) {
    List<DeviceRequest> requests = requestsForNvidia(asked);
    return requests.stream().noneMatch(GpuRequests::says)
        && (!requests.isEmpty() || isNvidiaRuntime(asked.runtime()))
        && asked.env().stream().anyMatch(line -> line.startsWith(VARIABLE));
  }

  private static List<DeviceRequest> requestsForNvidia(Asked asked) {
    return asked.deviceRequests().stream().filter(GpuRequests::isForNvidia).toList();
  }

  /** As the Engine selects its driver: by its name, else by the first that offers all it needs. */
  private static boolean isForNvidia(DeviceRequest request) {
    return switch (request.driver().strip()) {
      case "nvidia" -> true;
      case "cdi" -> request.deviceIds().stream().anyMatch(GpuRequests::isOfCdiClass);
      case "" -> request.capabilities().stream().anyMatch(NVIDIA_CAPABILITIES::containsAll);
      default -> false;
    };
  }

  private static boolean isOfCdiClass(String deviceId) {
    return deviceId.strip().startsWith(CDI_CLASS);
  }

  private static boolean says(DeviceRequest request) {
    return request.count() != 0 || !request.deviceIds().isEmpty();
  }

  /** Under the names that the toolkit registers: {@code nvidia}, {@code nvidia-cdi}, ... */
  private static boolean isNvidiaRuntime(@Nullable String runtime) {
    return runtime != null && (runtime.equals("nvidia") || runtime.startsWith("nvidia-"));
  }

  private void add(DeviceRequest request) {
    if (request.driver().strip().equals("cdi")) {
      request.deviceIds().stream().filter(GpuRequests::isOfCdiClass).forEach(this::addName);
    } else if (!request.deviceIds().isEmpty()) {
      request.deviceIds().forEach(this::addName);
    } else {
      addCount(request.count());
    }
  }

  private void addVariable(Asked asked, boolean countImageEnv) {
    String value = variable(asked.env());
    if (value != null && (countImageEnv || !value.equals(variable(asked.imageEnv())))) {
      for (String piece : value.split(",", -1)) {
        addName(piece);
      }
    }
  }

  /** Its last value, as the hook sees it; null where it is not set. */
  private static @Nullable String variable(List<String> env) {
    String value = null;
    for (String line : env) {
      if (line.startsWith(VARIABLE)) {
        value = line.substring(VARIABLE.length());
      }
    }
    return value;
  }

  /** {@code none}, {@code void} and the empty piece name no device, and so add nothing. */
  private void addName(String piece) {
    Matcher name = NAME.matcher(piece.strip());
    if (name.matches()) {
      if (name.group(1).equals("all")) {
        all = true;
      } else {
        names.add(name.group(1));
      }
    }
  }

  private void addCount(int more) {
    if (more < 0) {
      all = true;
    } else {
      count = (int) Math.min(Integer.MAX_VALUE, (long) count + more);
    }
  }

  private void addPath(String path) {
    Matcher device = DEVICE_PATH.matcher(path);
    if (device.matches()) {
      names.add(device.group(1));
    }
  }

  private GpuRequest result() {
    if (all) {
      return GpuRequest.unpinned(GpuRequest.ALL);
    }
    if (!names.isEmpty()) {
      return GpuRequest.pinned(List.copyOf(names));
    }
    return count == 0 ? GpuRequest.NONE : GpuRequest.unpinned(count);
  }
}
