"""sdprof: benchmark and hardware profiler for Stable Diffusion compression."""

__version__ = "0.1.0"
