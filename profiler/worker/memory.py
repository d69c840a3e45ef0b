"""Peak memory of a phase: host RSS of this process, CUDA allocated and reserved."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from profiler.records.quantity import Quantity, measured, unavailable

_CLEAR_REFS = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


class PeakMemory:
    """Peaks since the last `reset`, by name: "rss", "allocated", "reserved", in bytes.

    On Linux the kernel's own high-water mark is used: writing 5 to /proc/self/clear_refs sets it
    to the present RSS (man 5 proc), so that no peak is missed and nothing is sampled. `device` is
    a torch device; `no_cuda` is the reason that stands in for CUDA figures where it is not one.
    """

    def __init__(self, device: str, no_cuda: str = "no CUDA device") -> None:
        self._device = device
        self._no_cuda = no_cuda
        self._cuda = device.startswith("cuda")
        self._resettable = False

    def reset(self) -> None:
        """Begin a new phase."""
        try:
            _CLEAR_REFS.write_text("5")
            self._resettable = True
        except OSError:  # not Linux, or not allowed: peaks then stand for the process, and say so
            self._resettable = False
        if self._cuda:
            import torch

            # Before the first use there is nothing to reset, and creating the context belongs
            # into the phase that needs it first.
            if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
                torch.cuda.synchronize(self._device)
                torch.cuda.reset_peak_memory_stats(self._device)

    def settle(self) -> None:
        """Wait until the device has done its work, so that the phase's clock tells all of it."""
        if self._cuda:
            import torch

            if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
                torch.cuda.synchronize(self._device)

    def peaks(self) -> dict[str, Quantity]:
        """The peaks since `reset`."""
        return {"rss": self._rss(), **self._cuda_peaks()}

    def _rss(self) -> Quantity:
        if self._resettable:
            match = re.search(r"VmHWM:\s+(\d+) kB", _STATUS.read_text())
            if match:
                return measured(int(match[1]) * 1024, "B", source="VmHWM of the phase")
        return _process_peak()

    def _cuda_peaks(self) -> dict[str, Quantity]:
        if not self._cuda:
            return {name: unavailable("B", self._no_cuda) for name in ("allocated", "reserved")}
        import torch

        torch.cuda.synchronize(self._device)
        source = "torch.cuda peak of the phase"
        allocated = torch.cuda.max_memory_allocated(self._device)
        reserved = torch.cuda.max_memory_reserved(self._device)
        return {
            "allocated": measured(allocated, "B", source=source),
            "reserved": measured(reserved, "B", source=source),
        }


def _process_peak() -> Quantity:
    """The peak since the process began, from the C library or from Windows."""
    if sys.platform == "win32":
        import psutil

        peak = psutil.Process().memory_info().peak_wset
        return measured(peak, "B", source="peak working set since the process began")
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux kibibytes
    return measured(peak * unit, "B", source="ru_maxrss since the process began")
