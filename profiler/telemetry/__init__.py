"""Instruments beside the measured process: what it takes while it runs, sampled on a steady clock.

clock        the steady clock of the sampler, and the seam that tests replace it by
instrument   what an instrument is: series with units, each sample a number or a reason
sampler      which instruments a device gets, and a thread that reads them into a Trace
host         psutil: memory and load of the process and the machine
nvml         which board a torch device is, and what NVML says about it
gpu          the sensors of one board, read through nvml
rapl         the energy counters of the processor, read from sysfs
energy       energy and power of a time window of a Trace, with its error
validity     was the board throttled
"""

from profiler.telemetry.energy import energy_figures, window_energy
from profiler.telemetry.nvml import device_info
from profiler.telemetry.sampler import Sampler
from profiler.telemetry.validity import throttle_shares, validity_flags

__all__ = [
    "Sampler",
    "device_info",
    "energy_figures",
    "throttle_shares",
    "validity_flags",
    "window_energy",
]
