"""Hardware profiles: reading, looking up, checking, and which one is this machine.

profile      a profile's YAML file to a `HardwareProfile`; no pydantic on this path
lookup       a profile by id, alias or NVML name; the user's own profiles come first
detect       which device this process would run on, without torch
nvml         the one door to pynvml, and the GPUs that it shows
cpu          the processor and memory of this machine
torch_build  the CUDA version that the installed torch was built for
validate     the form of a profile's file as a pydantic model, with errors per key
"""
