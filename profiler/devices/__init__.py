"""Hardware profiles: reading, looking up, checking, and which one is this machine.

profile   a profile's YAML file to a `HardwareProfile`; no pydantic on this path
lookup    a profile by id, alias or NVML name; the user's own profiles come first
detect    which device this process would run on, without torch
nvml      the GPUs that NVML shows
cpu       the processor and memory of this machine
validate  the form of a profile's file as a pydantic model, with errors per key
"""
