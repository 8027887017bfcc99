package io.berth.jobs.gpu;

/** Where a process runs, by its cgroup. */
public sealed interface ProcessPlace {

  /**
   * In a container of a Docker Engine; in nested ones (Docker in Docker), the outer one.
   *
   * <p>An id that the Engine does not know is not proof of a container that is gone: a second
   * Engine on the host, or another manager that leaves out its name, looks the same. Only an id
   * that was known before is.
   *
   * @param id 64 hexadecimal digits
   */
  record Container(String id) implements ProcessPlace {}

  /**
   * In a container that somebody else manages.
   *
   * @param manager as its cgroup names it: {@code libpod}, {@code cri-containerd}, {@code crio},
   *     {@code kubernetes}
   */
  record OtherManager(String manager, String id) implements ProcessPlace {}

  /** In no container. */
  record Host() implements ProcessPlace {}

  /** There is no such process. */
  record Gone() implements ProcessPlace {}

  /**
   * It can't be told.
   *
   * @param why for a human
   */
  record Unknown(String why) implements ProcessPlace {}
}
