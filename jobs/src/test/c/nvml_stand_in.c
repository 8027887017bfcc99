/*
 * A libnvidia-ml.so.1 without a driver: NVML's ABI (NVML API Reference), answered from a text file.
 *
 *   gcc -shared -fPIC -O1 -Wl,-soname,libnvidia-ml.so.1 -o libnvidia-ml.so.1 nvml_stand_in.c
 *
 * The state file is the one that $BERTH_FAKE_NVML_STATE names, else the library's own path with
 * ".state" behind it. It is read again at any call after its mtime, size or inode changed; replace
 * it by rename. No file: the driver is not loaded. One item a line, words between blanks, a '#'
 * starts a comment line; NAME= takes the rest of its line:
 *
 *   driver 550.54.15               what nvmlSystemGetDriverVersion says
 *   module 550.54.15               the loaded kernel module; one that is not the library's
 *                                  -DLIBRARY_VERSION='"550.54.15"' is a version mismatch
 *   gpu UUID [mem=MIB] [util=PCT] [bus=ID] [mig] [nomig] [lost] [plain] [name=NAME]
 *                                  bus: as in 0000:3b:00.0, else by the line's number; mig: in MIG mode; nomig: knows no MIG; lost: fell off the bus;
 *                                  plain: MIG names without their profile, as in old drivers
 *   mig UUID GPU-UUID PROFILE [mem=MIB] [slot=N]
 *                                  a MIG instance, PROFILE like 1g.10gb or 1c.3g.20gb; its GPU
 *                                  instance has the slot's number
 *   proc UUID PID [mem=BYTES|unknown] [kind=C|G|M]
 *                                  a compute, graphics or MPS client process
 *   sample UUID PID PCT MICROS     a process utilisation sample
 *   error FUNCTION CODE [UUID]     this function (* for all) answers this code (for this device)
 *   delay FUNCTION MILLIS          ... takes this long
 *   hang FUNCTION                  ... does not return while this line stands
 *   undercount N                   sizing calls answer N too few: processes came in between
 *   enumerate init                 GPUs are those of the first nvmlInit, as in real drivers; one
 *                                  that left since is lost, one that came is not seen
 *
 * -DPRINT_LAYOUT makes a program that prints the structs' sizes and offsets instead.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef int nvmlReturn_t;
typedef struct nvmlDevice_st *nvmlDevice_t;

enum {
  OK = 0,
  UNINITIALIZED = 1,
  INVALID_ARGUMENT = 2,
  NOT_SUPPORTED = 3,
  NOT_FOUND = 6,
  INSUFFICIENT_SIZE = 7,
  DRIVER_NOT_LOADED = 9,
  GPU_IS_LOST = 15,
  LIB_RM_VERSION_MISMATCH = 18
};

typedef struct {
  unsigned long long total, free, used;
} nvmlMemory_t;

typedef struct {
  unsigned int gpu, memory;
} nvmlUtilization_t;

typedef struct {
  unsigned int multiprocessorCount, sharedCopyEngineCount, sharedDecoderCount, sharedEncoderCount;
  unsigned int sharedJpegCount, sharedOfaCount, gpuInstanceSliceCount, computeInstanceSliceCount;
  unsigned long long memorySizeMB;
} nvmlDeviceAttributes_t;

typedef struct {
  char busIdLegacy[16];
  unsigned int domain, bus, device, pciDeviceId, pciSubSystemId;
  char busId[32];
} nvmlPciInfo_t;

typedef struct {
  unsigned int pid;
  unsigned long long usedGpuMemory;
} nvmlProcessInfo_v1_t;

typedef struct {
  unsigned int pid;
  unsigned long long usedGpuMemory;
  unsigned int gpuInstanceId, computeInstanceId;
} nvmlProcessInfo_v2_t;

typedef struct {
  unsigned int pid;
  unsigned long long timeStamp;
  unsigned int smUtil, memUtil, encUtil, decUtil;
} nvmlProcessUtilizationSample_t;

#ifdef PRINT_LAYOUT

#define SIZE(type) printf(#type " %zu\n", sizeof(type))
#define OFFSET(type, field) printf(#type "." #field " %zu\n", offsetof(type, field))

int main(void) {
  SIZE(nvmlMemory_t);
  OFFSET(nvmlMemory_t, total);
  SIZE(nvmlUtilization_t);
  OFFSET(nvmlUtilization_t, gpu);
  SIZE(nvmlDeviceAttributes_t);
  OFFSET(nvmlDeviceAttributes_t, gpuInstanceSliceCount);
  OFFSET(nvmlDeviceAttributes_t, computeInstanceSliceCount);
  OFFSET(nvmlDeviceAttributes_t, memorySizeMB);
  SIZE(nvmlPciInfo_t);
  OFFSET(nvmlPciInfo_t, domain);
  OFFSET(nvmlPciInfo_t, bus);
  OFFSET(nvmlPciInfo_t, device);
  SIZE(nvmlProcessInfo_v1_t);
  OFFSET(nvmlProcessInfo_v1_t, pid);
  OFFSET(nvmlProcessInfo_v1_t, usedGpuMemory);
  SIZE(nvmlProcessInfo_v2_t);
  OFFSET(nvmlProcessInfo_v2_t, pid);
  OFFSET(nvmlProcessInfo_v2_t, usedGpuMemory);
  SIZE(nvmlProcessUtilizationSample_t);
  OFFSET(nvmlProcessUtilizationSample_t, pid);
  OFFSET(nvmlProcessUtilizationSample_t, timeStamp);
  OFFSET(nvmlProcessUtilizationSample_t, smUtil);
  return 0;
}

#else

#ifndef LIBRARY_VERSION
#define LIBRARY_VERSION "550.54.15"
#endif

#define UUID_SIZE 96
#define NAME_SIZE 96
#define MAX_GPUS 32
#define MAX_DEVICES 256
#define MAX_PROCS 2048
#define MAX_SAMPLES 4096
#define MAX_RULES 64
#define MAX_MIG 7

typedef struct {
  char uuid[UUID_SIZE], parent[UUID_SIZE], name[NAME_SIZE], profile[32];
  unsigned long long memMiB;
  unsigned util, pci[3]; /* pci: domain, bus, device */
  int mig, nomig, lost, plain, slot; /* slot: -1 for a full GPU */
} Device;

typedef struct {
  char uuid[UUID_SIZE], kind;
  unsigned pid;
  unsigned long long mem;
} Proc;

typedef struct {
  char uuid[UUID_SIZE];
  unsigned pid, sm;
  unsigned long long micros;
} Sample;

typedef struct {
  char what, function[64], uuid[UUID_SIZE]; /* what: e, d or h */
  int number;
} Rule;

static struct {
  int loaded, enumerateAtInit;
  char driver[64], module[64];
  unsigned undercount;
  int devices, procs, samples, rules;
  Device device[MAX_DEVICES];
  Proc proc[MAX_PROCS];
  Sample sample[MAX_SAMPLES];
  Rule rule[MAX_RULES];
} state;

/* Handles stay valid for ever: each is the place of a UUID that was once seen. */
struct nvmlDevice_st {
  char uuid[UUID_SIZE];
};

static struct nvmlDevice_st handles[1024];
static int handleCount, initialised;
static char enumerated[MAX_GPUS][UUID_SIZE];
static int enumeratedCount;
static struct stat seen;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- the state file ---- */

static const char *state_path(void) {
  static char path[4096];
  Dl_info self;
  const char *set = getenv("BERTH_FAKE_NVML_STATE");
  if (set && *set) return set;
  if (!dladdr((void *)state_path, &self)) return "";
  snprintf(path, sizeof path, "%s.state", self.dli_fname);
  return path;
}

static const char *option(char *line, const char *key) {
  for (char *at = line; (at = strstr(at, key)); at++)
    if (at > line && at[-1] == ' ') return at + strlen(key);
  return NULL;
}

static unsigned long long number(char *line, const char *key, unsigned long long otherwise) {
  const char *text = option(line, key);
  return text ? strtoull(text, NULL, 10) : otherwise;
}

static int has(char *line, const char *word) {
  const char *after = option(line, word);
  return after && (*after == ' ' || *after == 0);
}

static void read_device(char *line, int isMig) {
  if (state.devices == MAX_DEVICES) return;
  Device *d = &state.device[state.devices++];
  char *name = strstr(line, " name=");
  if (name) {
    snprintf(d->name, sizeof d->name, "%s", name + 6);
    *name = 0;
  } else {
    strcpy(d->name, "NVIDIA Stand-in");
  }
  if (isMig) {
    sscanf(line, "mig %95s %95s %31s", d->uuid, d->parent, d->profile);
    int slot = 0;
    for (int i = 0; i < state.devices - 1; i++) slot += !strcmp(state.device[i].parent, d->parent);
    d->slot = (int)number(line, "slot=", slot);
  } else {
    const char *bus = option(line, "bus=");
    sscanf(line, "gpu %95s", d->uuid);
    d->slot = -1;
    d->pci[1] = (unsigned)state.devices;
    if (bus) sscanf(bus, "%x:%x:%x", &d->pci[0], &d->pci[1], &d->pci[2]);
  }
  d->memMiB = number(line, "mem=", 81920);
  d->util = (unsigned)number(line, "util=", 0);
  d->mig = has(line, "mig");
  d->nomig = has(line, "nomig");
  d->lost = has(line, "lost");
  d->plain = has(line, "plain");
}

static void read_proc(char *line) {
  if (state.procs == MAX_PROCS) return;
  Proc *p = &state.proc[state.procs++];
  const char *kind = option(line, "kind=");
  sscanf(line, "proc %95s %u", p->uuid, &p->pid);
  p->kind = kind ? *kind : 'C';
  p->mem = has(line, "mem=unknown") ? -1ULL : number(line, "mem=", 0);
}

static void read_rule(char *line) {
  if (state.rules == MAX_RULES) return;
  Rule *r = &state.rule[state.rules++];
  r->what = line[0];
  sscanf(line, "%*s %63s %d %95s", r->function, &r->number, r->uuid);
}

static void read_line(char *line) {
  line[strcspn(line, "\r\n")] = 0;
  line += strspn(line, " \t");
  if (!strncmp(line, "gpu ", 4)) read_device(line, 0);
  else if (!strncmp(line, "mig ", 4)) read_device(line, 1);
  else if (!strncmp(line, "proc ", 5)) read_proc(line);
  else if (!strncmp(line, "error ", 6) || !strncmp(line, "delay ", 6)) read_rule(line);
  else if (!strncmp(line, "hang ", 5)) read_rule(line);
  else if (!strncmp(line, "sample ", 7) && state.samples < MAX_SAMPLES) {
    Sample *s = &state.sample[state.samples++];
    sscanf(line, "sample %95s %u %u %llu", s->uuid, &s->pid, &s->sm, &s->micros);
  } else if (!strncmp(line, "driver ", 7)) sscanf(line, "driver %63s", state.driver);
  else if (!strncmp(line, "module ", 7)) sscanf(line, "module %63s", state.module);
  else if (!strncmp(line, "undercount ", 11)) sscanf(line, "undercount %u", &state.undercount);
  else if (!strncmp(line, "enumerate init", 14)) state.enumerateAtInit = 1;
  else if (*line && *line != '#') fprintf(stderr, "nvml stand-in: can't read: %s\n", line);
}

static void reload(void) {
  struct stat now;
  char line[512];
  const char *path = state_path();
  FILE *file = fopen(path, "re");
  if (!file || fstat(fileno(file), &now)) {
    state.loaded = 0;
    memset(&seen, 0, sizeof seen);
    if (file) fclose(file);
    return;
  }
  if (now.st_ino != seen.st_ino || now.st_size != seen.st_size ||
      now.st_mtim.tv_sec != seen.st_mtim.tv_sec || now.st_mtim.tv_nsec != seen.st_mtim.tv_nsec) {
    memset(&state, 0, sizeof state);
    strcpy(state.driver, LIBRARY_VERSION);
    strcpy(state.module, LIBRARY_VERSION);
    while (fgets(line, sizeof line, file)) read_line(line);
    seen = now;
    state.loaded = 1;
  }
  fclose(file);
}

/* ---- devices ---- */

static Device *by_uuid(const char *uuid) {
  for (int i = 0; i < state.devices; i++)
    if (!strcmp(state.device[i].uuid, uuid)) return &state.device[i];
  return NULL;
}

static Device *of(nvmlDevice_t handle) { return handle ? by_uuid(handle->uuid) : NULL; }

static nvmlDevice_t handle_of(const char *uuid) {
  int i = 0;
  while (i < handleCount && strcmp(handles[i].uuid, uuid)) i++;
  if (i == handleCount && handleCount < 1023) strcpy(handles[handleCount++].uuid, uuid);
  return &handles[i];
}

static const char *gpu_at(unsigned index) {
  if (state.enumerateAtInit) return index < (unsigned)enumeratedCount ? enumerated[index] : NULL;
  for (int i = 0; i < state.devices; i++)
    if (state.device[i].slot < 0 && index-- == 0) return state.device[i].uuid;
  return NULL;
}

static unsigned gpu_count(void) {
  unsigned count = 0;
  while (gpu_at(count)) count++;
  return count;
}

static int is_lost(const char *uuid) {
  Device *d = by_uuid(uuid);
  if (!d) return !strncmp(uuid, "GPU-", 4);
  return d->lost || (d->slot >= 0 && is_lost(d->parent));
}

/* ---- entering a call: the lock is held when this returns ---- */

static Rule *rule(char what, const char *function, nvmlDevice_t device) {
  for (int i = 0; i < state.rules; i++) {
    Rule *r = &state.rule[i];
    if (r->what != what) continue;
    if (strcmp(r->function, "*") && strcmp(r->function, function)) continue;
    if (!*r->uuid || (device && !strcmp(device->uuid, r->uuid))) return r;
  }
  return NULL;
}

static void wait_unlocked(int millis) {
  pthread_mutex_unlock(&lock);
  usleep((useconds_t)millis * 1000);
  pthread_mutex_lock(&lock);
}

static nvmlReturn_t enter(const char *function, nvmlDevice_t device) {
  Rule *r;
  pthread_mutex_lock(&lock);
  reload();
  if ((r = rule('d', function, device))) wait_unlocked(r->number);
  while (rule('h', function, device)) {
    wait_unlocked(5);
    reload();
  }
  if ((r = rule('e', function, device))) return r->number;
  if (!state.loaded) return DRIVER_NOT_LOADED;
  if (strcmp(state.module, LIBRARY_VERSION)) return LIB_RM_VERSION_MISMATCH;
  if (!initialised && strcmp(function, "nvmlInit_v2")) return UNINITIALIZED;
  if (device && is_lost(device->uuid)) return GPU_IS_LOST;
  if (device && !of(device)) return INVALID_ARGUMENT;
  return OK;
}

#define EXPORT(name, params, device, body)      \
  nvmlReturn_t name params {                    \
    nvmlReturn_t code = enter(#name, device);   \
    if (code == OK) code = body;                \
    pthread_mutex_unlock(&lock);                \
    return code;                                \
  }

static nvmlReturn_t text(char *out, unsigned size, const char *value) {
  if (strlen(value) + 1 > size) return INSUFFICIENT_SIZE;
  strcpy(out, value);
  return OK;
}

/* ---- the library ---- */

static nvmlReturn_t init(void) {
  if (!initialised++) {
    int atInit = state.enumerateAtInit;
    state.enumerateAtInit = 0;
    for (enumeratedCount = 0; enumeratedCount < MAX_GPUS; enumeratedCount++) {
      const char *uuid = gpu_at((unsigned)enumeratedCount);
      if (!uuid) break;
      strcpy(enumerated[enumeratedCount], uuid);
    }
    state.enumerateAtInit = atInit;
  }
  return OK;
}

EXPORT(nvmlInit_v2, (void), NULL, init())
EXPORT(nvmlShutdown, (void), NULL, (initialised--, OK))
EXPORT(nvmlSystemGetDriverVersion, (char *out, unsigned size), NULL, text(out, size, state.driver))
EXPORT(nvmlDeviceGetCount_v2, (unsigned *out), NULL, (*out = gpu_count(), OK))

const char *nvmlErrorString(nvmlReturn_t code) {
  switch (code) {
    case OK: return "Success";
    case UNINITIALIZED: return "Uninitialized";
    case INVALID_ARGUMENT: return "Invalid Argument";
    case NOT_SUPPORTED: return "Not Supported";
    case NOT_FOUND: return "Not Found";
    case INSUFFICIENT_SIZE: return "Insufficient Size";
    case DRIVER_NOT_LOADED: return "Driver Not Loaded";
    case GPU_IS_LOST: return "GPU is lost";
    case LIB_RM_VERSION_MISMATCH: return "Driver/library version mismatch";
    default: return "Unknown Error";
  }
}

static nvmlReturn_t handle(const char *uuid, nvmlReturn_t none, nvmlDevice_t *out) {
  if (!uuid) return none;
  if (is_lost(uuid)) return GPU_IS_LOST;
  *out = handle_of(uuid);
  return OK;
}

static const char *mig_at(nvmlDevice_t gpu, unsigned slot) {
  for (int i = 0; i < state.devices; i++) {
    Device *d = &state.device[i];
    if (d->slot == (int)slot && !strcmp(d->parent, gpu->uuid)) return d->uuid;
  }
  return NULL;
}

EXPORT(nvmlDeviceGetHandleByIndex_v2, (unsigned index, nvmlDevice_t *out), NULL,
       handle(gpu_at(index), INVALID_ARGUMENT, out))
EXPORT(nvmlDeviceGetHandleByUUID, (const char *uuid, nvmlDevice_t *out), NULL,
       handle(by_uuid(uuid) ? uuid : NULL, NOT_FOUND, out))
EXPORT(nvmlDeviceGetMigDeviceHandleByIndex, (nvmlDevice_t d, unsigned slot, nvmlDevice_t *out), d,
       handle(mig_at(d, slot), NOT_FOUND, out))

/* ---- what a device is ---- */

static nvmlReturn_t name_of(Device *d, char *out, unsigned size) {
  char name[2 * NAME_SIZE];
  Device *parent = d->slot < 0 ? d : by_uuid(d->parent);
  if (d->slot < 0 || parent->plain) return text(out, size, parent->name);
  snprintf(name, sizeof name, "%s MIG %s", parent->name, d->profile);
  return text(out, size, name);
}

static nvmlReturn_t memory_of(Device *d, nvmlMemory_t *out) {
  *out = (nvmlMemory_t){.total = d->memMiB << 20, .free = d->memMiB << 20};
  return OK;
}

static nvmlReturn_t pci_info(Device *d, nvmlPciInfo_t *out) {
  if (d->slot >= 0) return NOT_SUPPORTED;
  *out = (nvmlPciInfo_t){.domain = d->pci[0], .bus = d->pci[1], .device = d->pci[2]};
  snprintf(out->busId, sizeof out->busId, "%08X:%02X:%02X.0", out->domain, out->bus, out->device);
  return OK;
}

static nvmlReturn_t mig_mode(Device *d, unsigned *current, unsigned *pending) {
  if (d->nomig || d->slot >= 0) return NOT_SUPPORTED;
  *current = *pending = (unsigned)d->mig;
  return OK;
}

static nvmlReturn_t attributes(Device *d, nvmlDeviceAttributes_t *out) {
  unsigned compute, gpu;
  if (d->slot < 0) return NOT_SUPPORTED;
  if (sscanf(d->profile, "%uc.%ug", &compute, &gpu) != 2) {
    sscanf(d->profile, "%ug", &gpu);
    compute = gpu;
  }
  *out = (nvmlDeviceAttributes_t){.gpuInstanceSliceCount = gpu,
                                  .computeInstanceSliceCount = compute,
                                  .memorySizeMB = d->memMiB};
  return OK;
}

static nvmlReturn_t instance_of(Device *d, unsigned *out) {
  if (d->slot < 0) return INVALID_ARGUMENT;
  *out = (unsigned)d->slot;
  return OK;
}

static nvmlReturn_t utilization(Device *d, nvmlUtilization_t *out) {
  if (d->mig || d->slot >= 0) return NOT_SUPPORTED;
  *out = (nvmlUtilization_t){.gpu = d->util};
  return OK;
}

EXPORT(nvmlDeviceGetUUID, (nvmlDevice_t d, char *out, unsigned size), d, text(out, size, d->uuid))
EXPORT(nvmlDeviceGetName, (nvmlDevice_t d, char *out, unsigned size), d, name_of(of(d), out, size))
EXPORT(nvmlDeviceGetMemoryInfo, (nvmlDevice_t d, nvmlMemory_t *out), d, memory_of(of(d), out))
EXPORT(nvmlDeviceGetPciInfo_v3, (nvmlDevice_t d, nvmlPciInfo_t *out), d, pci_info(of(d), out))
EXPORT(nvmlDeviceGetMigMode, (nvmlDevice_t d, unsigned *current, unsigned *pending), d,
       mig_mode(of(d), current, pending))
EXPORT(nvmlDeviceGetMaxMigDeviceCount, (nvmlDevice_t d, unsigned *out), d, (*out = MAX_MIG, OK))
EXPORT(nvmlDeviceGetAttributes_v2, (nvmlDevice_t d, nvmlDeviceAttributes_t *out), d,
       attributes(of(d), out))
EXPORT(nvmlDeviceGetGpuInstanceId, (nvmlDevice_t d, unsigned *out), d,
       instance_of(of(d), out))
EXPORT(nvmlDeviceGetUtilizationRates, (nvmlDevice_t d, nvmlUtilization_t *out), d,
       utilization(of(d), out))

/* ---- who is on it ---- */

static nvmlReturn_t processes(Device *d, char kind, unsigned *count, void *out, int v2) {
  unsigned n = 0, room = *count;
  if (d->slot >= 0 && kind == 'G') return NOT_SUPPORTED;
  for (int i = 0; i < state.procs; i++) {
    Proc *p = &state.proc[i];
    if (p->kind != kind || strcmp(p->uuid, d->uuid)) continue;
    if (n < room && v2) {
      unsigned id = d->slot < 0 ? 0xFFFFFFFFu : (unsigned)d->slot;
      ((nvmlProcessInfo_v2_t *)out)[n] = (nvmlProcessInfo_v2_t){p->pid, p->mem, id, id};
    } else if (n < room) {
      ((nvmlProcessInfo_v1_t *)out)[n] = (nvmlProcessInfo_v1_t){p->pid, p->mem};
    }
    n++;
  }
  *count = room == 0 && n > state.undercount ? n - state.undercount : n;
  return n > room ? INSUFFICIENT_SIZE : OK;
}

#define PROCESSES(name, kind, entry, v2)                        \
  EXPORT(name, (nvmlDevice_t d, unsigned *count, entry *out), d, \
         processes(of(d), kind, count, out, v2))

PROCESSES(nvmlDeviceGetComputeRunningProcesses, 'C', nvmlProcessInfo_v1_t, 0)
PROCESSES(nvmlDeviceGetComputeRunningProcesses_v2, 'C', nvmlProcessInfo_v2_t, 1)
PROCESSES(nvmlDeviceGetGraphicsRunningProcesses, 'G', nvmlProcessInfo_v1_t, 0)
PROCESSES(nvmlDeviceGetGraphicsRunningProcesses_v2, 'G', nvmlProcessInfo_v2_t, 1)
/* Some drivers do have this one without a version fill the larger struct. */
PROCESSES(nvmlDeviceGetMPSComputeRunningProcesses, 'M', nvmlProcessInfo_v2_t, 1)
PROCESSES(nvmlDeviceGetMPSComputeRunningProcesses_v2, 'M', nvmlProcessInfo_v2_t, 1)

static nvmlReturn_t samples(Device *d, nvmlProcessUtilizationSample_t *out, unsigned *count,
                            unsigned long long since) {
  unsigned n = 0, room = out ? *count : 0;
  if (d->mig || d->slot >= 0) return NOT_SUPPORTED;
  for (int i = 0; i < state.samples; i++) {
    Sample *s = &state.sample[i];
    if (strcmp(s->uuid, d->uuid) || s->micros <= since) continue;
    if (n < room)
      out[n] = (nvmlProcessUtilizationSample_t){
          .pid = s->pid, .timeStamp = s->micros, .smUtil = s->sm};
    n++;
  }
  if (n == 0) return NOT_FOUND;
  *count = room == 0 && n > state.undercount ? n - state.undercount : n;
  return n > room ? INSUFFICIENT_SIZE : OK;
}

EXPORT(nvmlDeviceGetProcessUtilization,
       (nvmlDevice_t d, nvmlProcessUtilizationSample_t *out, unsigned *count,
        unsigned long long since),
       d, samples(of(d), out, count, since))

#endif
