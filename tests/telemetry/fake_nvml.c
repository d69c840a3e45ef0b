/* A libnvidia-ml.so.1 for tests: plays waveforms and failures from the file FAKE_NVML_CONFIG.
 *
 * Lines of the file (times in seconds of the fake's own clock, which starts at 0):
 *   device NAME UUID                 one board (no spaces in NAME); default: one board
 *   wave SENSOR T VALUE              a knot; sensors: power_mw (linear between knots), the others
 *                                    hold their value: memory, utilisation, sm_mhz, memory_mhz,
 *                                    temperature, reasons
 *   refresh SECONDS                  power and energy change only every so often
 *   freeze T                         the energy counter stands still from T on
 *   process PID BYTES FROM UNTIL     listed on the board within these times; -1: not told
 *   fail FUNCTION CODE FROM UNTIL    the function returns CODE within these times
 *
 * The clock is what fake_nvml_set_time() was last given; until then, the monotonic clock since the
 * library was loaded. Compiled with -DWITHOUT_<name> it lacks that function.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SUCCESS = 0, INVALID_ARGUMENT = 2, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7 };
enum { MAX = 512 };

typedef struct { char sensor[32]; double t, value; } Knot;
typedef struct { char function[64]; int code; double from, until; } Fault;
typedef struct { unsigned pid; long long bytes; double from, until; } Listed;
typedef struct { char name[64], uuid[64]; } Device;
typedef struct { unsigned pid; unsigned long long bytes; unsigned gpu, compute; } ProcessInfo;
typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned gpu, memory; } Utilisation;

static Knot knots[MAX];
static Fault faults[MAX];
static Listed listed[MAX];
static Device devices[16];
static int n_knots, n_faults, n_listed, n_devices;
static double refresh, freeze_at = 1e300, set_time = -1, loaded_at;

static double monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec * 1e-9;
}
void fake_nvml_set_time(double t) { set_time = t; }
static double now(void) { return set_time >= 0 ? set_time : monotonic() - loaded_at; }
static double refreshed(double t) { return refresh > 0 ? refresh * (long long)(t / refresh) : t; }

__attribute__((constructor)) static void load(void) {
    loaded_at = monotonic();
    const char *path = getenv("FAKE_NVML_CONFIG");
    FILE *file = path ? fopen(path, "r") : NULL;
    char line[256];
    while (file && fgets(line, sizeof line, file)) {
        Knot *k = &knots[n_knots];
        Fault *f = &faults[n_faults];
        Listed *l = &listed[n_listed];
        Device *d = &devices[n_devices];
        if (sscanf(line, "wave %31s %lf %lf", k->sensor, &k->t, &k->value) == 3) n_knots++;
        else if (sscanf(line, "fail %63s %d %lf %lf", f->function, &f->code, &f->from, &f->until) == 4) n_faults++;
        else if (sscanf(line, "process %u %lld %lf %lf", &l->pid, &l->bytes, &l->from, &l->until) == 4) n_listed++;
        else if (sscanf(line, "device %63s %63s", d->name, d->uuid) == 2) n_devices++;
        else if (sscanf(line, "refresh %lf", &refresh) == 1) continue;
        else if (sscanf(line, "freeze %lf", &freeze_at) == 1) continue;
        else if (line[0] != '\n') { fprintf(stderr, "fake_nvml: bad line: %s", line); abort(); }
    }
    if (file) fclose(file);
    if (!n_devices) { devices[0] = (Device){"NVIDIA-Fake-1000", "GPU-fake-0000"}; n_devices = 1; }
}

static int fault(const char *function) {
    for (int i = 0; i < n_faults; i++)
        if (!strcmp(faults[i].function, function) && now() >= faults[i].from && now() < faults[i].until)
            return faults[i].code;
    return SUCCESS;
}
#define CHECK() do { int code = fault(__func__); if (code) return code; } while (0)

static double held(const char *sensor, double t) {
    double value = 0;
    for (int i = 0; i < n_knots; i++)
        if (!strcmp(knots[i].sensor, sensor) && knots[i].t <= t) value = knots[i].value;
    return value;
}
/* Power at t in mW, and its integral from 0 to t in mJ, both of the line through the knots. */
static double power(double t, double *integral) {
    double at = 0, before_t = 0, before = 0, sum = 0;
    int seen = 0;
    for (int i = 0; i < n_knots; i++) {
        if (strcmp(knots[i].sensor, "power_mw")) continue;
        double end_t = knots[i].t, end = knots[i].value;
        if (!seen) { before = end; before_t = 0; at = end; seen = 1; }
        if (end_t > t) {
            double share = end_t > before_t ? (t - before_t) / (end_t - before_t) : 0;
            at = before + share * (end - before);
            if (integral) *integral = sum + (t - before_t) * (before + at) / 2;
            return at;
        }
        sum += (end_t - before_t) * (before + end) / 2;
        before_t = end_t; before = at = end;
    }
    if (integral) *integral = sum + (t - before_t) * before;
    return at;
}

int nvmlInitWithFlags(unsigned flags) { (void)flags; CHECK(); return SUCCESS; }
int nvmlShutdown(void) { CHECK(); return SUCCESS; }
const char *nvmlErrorString(int code) { (void)code; return "fake error"; }
int nvmlSystemGetDriverVersion(char *text, unsigned size) { CHECK(); snprintf(text, size, "575.51.03"); return SUCCESS; }
int nvmlSystemGetCudaDriverVersion(int *version) { CHECK(); *version = 12090; return SUCCESS; }
int nvmlDeviceGetCount_v2(unsigned *count) { CHECK(); *count = n_devices; return SUCCESS; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
    CHECK();
    if (index >= (unsigned)n_devices) return INVALID_ARGUMENT;
    *device = &devices[index];
    return SUCCESS;
}
int nvmlDeviceGetHandleByUUID(const char *uuid, void **device) {
    CHECK();
    for (int i = 0; i < n_devices; i++)
        if (!strcmp(devices[i].uuid, uuid)) { *device = &devices[i]; return SUCCESS; }
    return NOT_FOUND;
}
int nvmlDeviceGetName(Device *d, char *text, unsigned size) { CHECK(); snprintf(text, size, "%s", d->name); return SUCCESS; }
int nvmlDeviceGetUUID(Device *d, char *text, unsigned size) { CHECK(); snprintf(text, size, "%s", d->uuid); return SUCCESS; }
int nvmlDeviceGetMemoryInfo(void *d, Memory *memory) {
    (void)d; CHECK();
    memory->total = 8ull << 30;
    memory->used = (unsigned long long)held("memory", now());
    memory->free = memory->total - memory->used;
    return SUCCESS;
}
int nvmlDeviceGetEnforcedPowerLimit(void *d, unsigned *mw) { (void)d; CHECK(); *mw = 250000; return SUCCESS; }
int nvmlDeviceGetComputeRunningProcesses_v3(void *d, unsigned *count, ProcessInfo *infos) {
    (void)d; CHECK();
    unsigned found = 0;
    for (int i = 0; i < n_listed; i++) {
        if (now() < listed[i].from || now() >= listed[i].until) continue;
        if (infos && found < *count) infos[found] = (ProcessInfo){listed[i].pid, (unsigned long long)listed[i].bytes, ~0u, ~0u};
        found++;
    }
    int enough = !found || (infos && found <= *count);
    *count = found;
    return enough ? SUCCESS : INSUFFICIENT_SIZE;
}
int nvmlDeviceGetPowerUsage(void *d, unsigned *mw) { (void)d; CHECK(); *mw = (unsigned)(power(refreshed(now()), NULL) + 0.5); return SUCCESS; }
#ifndef WITHOUT_nvmlDeviceGetTotalEnergyConsumption
int nvmlDeviceGetTotalEnergyConsumption(void *d, unsigned long long *mj) {
    (void)d; CHECK();
    double t = refreshed(now()), joules = 0;
    power(t < freeze_at ? t : freeze_at, &joules);
    *mj = 5000000ull + (unsigned long long)joules;
    return SUCCESS;
}
#endif
int nvmlDeviceGetUtilizationRates(void *d, Utilisation *rates) {
    (void)d; CHECK();
    rates->gpu = (unsigned)held("utilisation", now());
    rates->memory = 0;
    return SUCCESS;
}
int nvmlDeviceGetClockInfo(void *d, unsigned type, unsigned *mhz) {
    (void)d; CHECK();
    if (type != 1 && type != 2) return INVALID_ARGUMENT;
    *mhz = (unsigned)held(type == 1 ? "sm_mhz" : "memory_mhz", now());
    return SUCCESS;
}
#ifndef WITHOUT_nvmlDeviceGetTemperature
int nvmlDeviceGetTemperature(void *d, unsigned sensor, unsigned *celsius) {
    (void)d; (void)sensor; CHECK();
    *celsius = (unsigned)held("temperature", now());
    return SUCCESS;
}
#endif
int nvmlDeviceGetTemperatureV(void *d, unsigned *versioned) {
    (void)d; CHECK();
    versioned[2] = (unsigned)held("temperature", now());
    return SUCCESS;
}
#ifndef WITHOUT_nvmlDeviceGetCurrentClocksEventReasons
int nvmlDeviceGetCurrentClocksEventReasons(void *d, unsigned long long *bits) { (void)d; CHECK(); *bits = (unsigned long long)held("reasons", now()); return SUCCESS; }
#endif
int nvmlDeviceGetCurrentClocksThrottleReasons(void *d, unsigned long long *bits) { (void)d; CHECK(); *bits = (unsigned long long)held("reasons", now()); return SUCCESS; }
