"""Run in a process of its own under the fake NVML: samples it on a fake clock, prints JSON.

Usage: play.py '{"device": ..., "pid": ..., "hz": ..., "seconds": ...}'
"""

import ctypes
import json
import sys

from profiler.records.codec import to_json
from profiler.telemetry.gpu import GpuInstrument
from profiler.telemetry.nvml import device_info
from profiler.telemetry.sampler import Sampler
from tests.telemetry.fakes import FakeClock


class FakeBoardClock(FakeClock):
    """The fake library lives on the same clock as the sampler."""

    def now(self) -> float:
        import pynvml

        if pynvml.nvmlLib is not None and hasattr(pynvml.nvmlLib, "fake_nvml_set_time"):
            pynvml.nvmlLib.fake_nvml_set_time(ctypes.c_double(self.time))
        return super().now()


def main() -> None:
    given = json.loads(sys.argv[1])
    answer = {"info": device_info(given["device"])}
    sampler = Sampler(
        given["pid"],
        given["device"],
        given["hz"],
        instruments=[GpuInstrument(given["device"], given["pid"])],
        clock=FakeBoardClock(given["seconds"]),
    )
    answer["trace"] = to_json(sampler.start().stop())
    sys.stdout.write(json.dumps(answer))


main()
