"""A fake NVML library, compiled with gcc, that the real pynvml binding loads."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = r"""
#include <stdlib.h>
#include <string.h>
typedef void *device;
typedef struct { unsigned long long total, free, used; } memory;
static char *list(const char *name, long i) {
    static char copy[4096];
    strncpy(copy, getenv(name) ? getenv(name) : "", sizeof copy - 1);
    char *part = strtok(copy, ";");
    while (part && i-- > 0) part = strtok(NULL, ";");
    return part ? part : "";
}
static long at(device d) { return (long)d - 1; }
int nvmlInitWithFlags(unsigned flags) { return atoi(list("FAKE_INIT", 0)); }
int nvmlShutdown(void) { return 0; }
int nvmlDeviceGetCount_v2(unsigned *n) { *n = atoi(list("FAKE_COUNT", 0)); return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned i, device *d) { *d = (device)(long)(i + 1); return 0; }
int nvmlDeviceGetHandleByUUID(const char *u, device *d) {
    *d = (device)(long)(atoi(u + 4) + 1); return 0; }
int nvmlDeviceGetName(device d, char *out, unsigned n) {
    strncpy(out, list("FAKE_NAMES", at(d)), n); return 0; }
int nvmlDeviceGetMemoryInfo(device d, memory *m) {
    m->total = strtoull(list("FAKE_MEMORY", at(d)), NULL, 10); return m->total ? 0 : 3; }
int nvmlDeviceGetMaxClockInfo(device d, int kind, unsigned *mhz) {
    *mhz = atoi(list("FAKE_CLOCKS", at(d))); return kind == 2 && *mhz ? 0 : 3; }
int nvmlDeviceGetCudaComputeCapability(device d, int *major, int *minor) {
    *major = 7; *minor = 5; return 0; }
int nvmlDeviceGetEnforcedPowerLimit(device d, unsigned *mw) { return 3; }
"""
PROGRAM = """
import json, sys
from profiler.devices import detect
from profiler.errors import SdprofError
detect.torch_cuda = lambda: "13.0"  # the torch beside these tests is a CPU build
try:
    found = detect.local_device(sys.argv[1])
    print(json.dumps([found.profile.id, found.torch_device, found.profile.memory_bytes,
                      found.detected_by]))
except SdprofError as error:
    print(json.dumps([type(error).__name__, str(error)]))
print(json.dumps(sorted({"torch", "numpy", "pydantic"} & set(sys.modules))))
"""


@pytest.fixture(scope="session")
def fake_nvml(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the compiled `libnvidia-ml.so.1`."""
    if shutil.which("gcc") is None or sys.platform != "linux":
        pytest.skip("needs gcc on Linux")
    folder = tmp_path_factory.mktemp("nvml")
    (folder / "fake.c").write_text(SOURCE, encoding="utf-8")
    library = "libnvidia-ml.so.1"
    subprocess.run(
        ["gcc", "-shared", "-fPIC", f"-Wl,-soname,{library}", "-o", library, "fake.c"],
        cwd=folder,
        check=True,
    )
    return folder


@pytest.fixture
def detected(fake_nvml: Path, tmp_path: Path) -> Callable[..., list]:
    """What `local_device` finds in a fresh process with the given fake GPUs."""

    def detect(asked: str = "auto", **settings: str) -> list:
        kept = {k: v for k, v in os.environ.items() if k != "CUDA_VISIBLE_DEVICES"}
        environment = {
            **kept,
            "LD_LIBRARY_PATH": str(fake_nvml),
            "PYTHONPATH": str(ROOT),
            "SDPROF_HOME": str(tmp_path),
            **settings,
        }
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, asked],
            env=environment, cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found, heavy = (json.loads(line) for line in done.stdout.splitlines())
        assert heavy == []
        return found

    return detect
