"""A runtime optimisation; the contract is told in profiler/pipelines/optimise/contract.py."""

from profiler.pipelines.optimise.contract import OptimisationContext, Switched


def clamp(pipe: object, _context: OptimisationContext, *, bound: float) -> Switched:
    """Clamp what the denoiser returns, and count how often that was done."""
    denoiser = getattr(pipe, "unet", None) or pipe.transformer
    calls = [0]

    def hook(_module: object, _inputs: object, output: object) -> object:
        calls[0] += 1
        # A tuple or an output record, as the pipeline asks for it: the first item is the noise.
        noise = output[0].clamp(-bound, bound)
        return (noise, *output[1:]) if isinstance(output, tuple) else type(output)(noise)

    denoiser.register_forward_hook(hook)
    return Switched(modules=1, uses=lambda: calls[0], details=lambda: {"calls": calls[0]})
