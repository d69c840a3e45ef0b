"""The runtime optimisations: switches of the pipeline that leave its weights as they are.

contract      what an optimisation is: for those who write one
apply         a cell's optimisations on an engine, and what they did
parts         the parts of a pipeline, and counting what came to bear
switches      memory layout, VAE decoding, checkpointing, 16-bit weights computed in 32 bits
attention     in slices, by matrix products, by one fused kernel; fused projections
compiling     torch.compile and CUDA graphs
offload       weights that wait on the host
step_caching  work left out within or between steps
caches        embeddings and images of requests seen before
guidance      guidance for a part of the steps
resolution    simple prompts painted small
safety        what the safety checker costs
lifetime      warm-up before the first request, release after the last
"""

from profiler.pipelines.optimise.apply import SwitchedOn, apply_optimisations, first_device

__all__ = ["SwitchedOn", "apply_optimisations", "first_device"]
