package io.berth.jobs.activity;

import com.sun.management.OperatingSystemMXBean;
import io.berth.jobs.container.Container;
import io.berth.jobs.container.Containers;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * Measures what one sample of 200 running containers costs, all of them with a full history: the
 * CPU time of the whole process. The aim is less than 100 ms. A program, not a test: {@code java
 * ... io.berth.jobs.activity.ActivityBench FOLDER}, with the folder on a disk.
 */
final class ActivityBench {

  private static final int CONTAINERS = 200;
  private static final int GPUS = 8;
  private static final int SAMPLES = 60;

  private ActivityBench() {}

  public static void main(String[] args) throws IOException {
    try (TestHost host = new TestHost(Files.createDirectories(Path.of(args[0])))) {
      List<Container> containers = new ArrayList<>();
      for (int i = 0; i < CONTAINERS; i++) {
        Containers like = Containers.running("c" + i).startedAt(TestHost.START).pid(1000 + i);
        Container container = host.runs(like, "GPU-" + i % GPUS);
        host.process(container.pid(), container);
        host.gpus.runs("GPU-" + i % GPUS, container.pid());
        host.terminal(container, 0, TestHost.START);
        containers.add(container);
      }
      host.sample();
      host.samples(2 * History.MOST);
      System.out.println(line(measure(host, containers)));
    }
  }

  private static List<Double> measure(TestHost host, List<Container> containers) {
    OperatingSystemMXBean process =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    List<Double> millis = new ArrayList<>();
    for (int i = 0; i < SAMPLES; i++) {
      containers.forEach(each -> host.counted(each, 100_000, 1_000));
      containers.forEach(each -> host.gpus.uses("GPU-0", each.pid(), 1));
      long before = process.getProcessCpuTime();
      host.samples(1);
      millis.add((process.getProcessCpuTime() - before) / 1e6);
    }
    Collections.sort(millis);
    return millis;
  }

  private static String line(List<Double> millis) {
    return String.format(
        Locale.ROOT,
        "one sample of %d containers: %.1f ms of CPU at the median, %.1f ms at most",
        CONTAINERS,
        millis.get(millis.size() / 2),
        millis.get(millis.size() - 1));
  }
}
