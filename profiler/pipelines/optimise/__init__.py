"""The runtime optimisations: switches of the pipeline that leave its weights as they are.

contract   what an optimisation is: for those who write one
apply      a cell's optimisations on an engine, and what they did
switches   the switches that diffusers offers on every pipeline
"""

from profiler.pipelines.optimise.apply import SwitchedOn, apply_optimisations, first_device

__all__ = ["SwitchedOn", "apply_optimisations", "first_device"]
