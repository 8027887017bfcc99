package io.berth.jobs.container;

import java.util.List;

/**
 * The GPUs a container asks for, from every way people ask (DESIGN section 3, "Who holds a
 * device").
 *
 * @param kind whether it asks at all, and whether it names its devices
 * @param devices what a pinned one names, as written, without duplicates: a UUID ({@code GPU-...},
 *     {@code MIG-...}), an index ({@code 0}), a MIG index ({@code 0:1}), a PCI bus id ({@code
 *     0000:3b:00.0}); empty for the other kinds
 * @param count how many an unpinned one asks for; -1 for all; 0 for the other kinds
 */
public record GpuRequest(Kind kind, List<String> devices, int count) {

  /** How it asks. */
  public enum Kind {
    /** It asks for none. */
    NONE,
    /** It names its devices. */
    PINNED,
    /** It asks for {@code all} or a count. */
    UNPINNED
  }

  public static final GpuRequest NONE = new GpuRequest(Kind.NONE, List.of(), 0);
  public static final int ALL = -1;

  public GpuRequest {
    devices = List.copyOf(devices);
  }

  public static GpuRequest pinned(List<String> devices) {
    return new GpuRequest(Kind.PINNED, devices, 0);
  }

  /** One that asks for a count of devices, {@link #ALL} or more than 0, whichever they are. */
  public static GpuRequest unpinned(int count) {
    return new GpuRequest(Kind.UNPINNED, List.of(), count);
  }

  /** Whether it is a GPU container. */
  public boolean any() {
    return kind != Kind.NONE;
  }
}
