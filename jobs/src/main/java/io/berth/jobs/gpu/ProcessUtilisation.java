package io.berth.jobs.gpu;

/**
 * One sample of a process that used a device.
 *
 * @param smPercent 0 to 100 of the device's multiprocessors
 * @param timeMicros when it was taken, in microseconds of the wall clock as the driver saw it
 */
public record ProcessUtilisation(int pid, int smPercent, long timeMicros) {}
