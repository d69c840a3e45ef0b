"""Compression methods as lines of a diffusers script, each with its own library."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from profiler.analysis.emit_parts import Fragment, code, literal
from profiler.analysis.emit_weights import SHIPPED
from profiler.catalogue.compression import compression, default_components
from profiler.errors import InputError
from profiler.records.cell import Cell, MethodUse

REPLACE = code(
    '''
    def replace_layers(module, make):
        """Put `make(layer)` in the place of every inner layer that it gives something for."""
        for name, child in module.named_children():
            if (new := make(child)) is not None:
                setattr(module, name, new)
            else:
                replace_layers(child, make)
    '''
)

ABSMAX = code(
    '''
    class AbsmaxInt8(torch.nn.Module):
        """A layer whose weights are 8-bit integers: Q = round(W / scale), scale = max|W| / 127."""

        def __init__(self, layer, per_channel):
            super().__init__()
            weight = layer.weight.detach().float()
            over = tuple(range(1, weight.ndim)) if per_channel else tuple(range(weight.ndim))
            scale = weight.abs().amax(dim=over, keepdim=True) / 127
            scale = torch.where(scale > 0, scale, torch.ones_like(scale))
            q = torch.round(weight / scale).clamp(-127, 127).to(torch.int8)
            self.register_buffer("q", q)
            self.register_buffer("scale", scale.to(layer.weight.dtype))
            self.bias = layer.bias
            self.convolution = None
            if isinstance(layer, torch.nn.Conv2d):
                self.convolution = (layer.stride, layer.padding, layer.dilation, layer.groups)

        @property
        def weight(self):
            return self.q.to(self.scale.dtype) * self.scale

        def forward(self, x):
            if self.convolution is None:
                return torch.nn.functional.linear(x, self.weight, self.bias)
            return torch.nn.functional.conv2d(x, self.weight, self.bias, *self.convolution)


    def absmax_int8(layer, kinds, per_channel):
        """The 8-bit layer for a layer of these kinds."""
        return AbsmaxInt8(layer, per_channel) if type(layer) in kinds else None
    '''
)

BNB_INT8 = code(
    '''
    def bnb_int8(layer, device, threshold):
        """The bitsandbytes layer for a Linear; moving it to the device quantises its weights."""
        if type(layer) is not torch.nn.Linear:
            return None
        new = bnb.nn.Linear8bitLt(
            layer.in_features,
            layer.out_features,
            bias=layer.bias is not None,
            has_fp16_weights=False,
            threshold=threshold,
        )
        new.load_state_dict(layer.state_dict())
        return new.to(device).eval()
    '''
)

BNB_NF4 = code(
    '''
    def bnb_nf4(layer, device, double_quant, block_size):
        """The bitsandbytes layer for a Linear; moving it to the device quantises its weights."""
        if type(layer) is not torch.nn.Linear:
            return None
        new = bnb.nn.Linear4bit(
            layer.in_features,
            layer.out_features,
            bias=layer.bias is not None,
            compute_dtype=layer.weight.dtype,
            compress_statistics=double_quant,
            quant_type="nf4",
        )
        new.weight = bnb.nn.Params4bit(
            layer.weight.data,
            requires_grad=False,
            quant_type="nf4",
            compress_statistics=double_quant,
            blocksize=block_size,
        )
        new.bias = layer.bias
        if layer.out_features % 32 or layer.in_features % block_size:
            # Repacking for AVX512 fails on these shapes.
            new.support_avx512bf16_for_cpu = False
        return new.to(device).eval()
    '''
)

PRUNE = code(
    '''
    def prune_channels(unet, ratio, round_to):
        """Remove whole channels by magnitude, with all layers that depend on them."""
        weight = unet.conv_in.weight
        size = unet.config.sample_size
        example = {
            "sample": torch.zeros(1, unet.config.in_channels, size, size).to(weight),
            "timestep": torch.tensor([10], device=weight.device),
            "encoder_hidden_states": torch.zeros(1, 8, unet.config.cross_attention_dim).to(weight),
        }
        attentions = [part for part in unet.modules() if isinstance(part, Attention)]
        heads = {
            layer: part.heads for part in attentions for layer in (part.to_q, part.to_k, part.to_v)
        }
        pruner = tp.pruner.BasePruner(
            unet,
            example,
            importance=tp.importance.MagnitudeImportance(p=2),
            pruning_ratio=ratio,
            ignored_layers=[unet.conv_in, unet.conv_out],
            num_heads=heads,
            round_to=round_to,
        )
        for group in pruner.step(interactive=True):
            group.prune()
        # diffusers keeps channel counts as attributes as well, which pruning does not see.
        for part in unet.modules():
            if isinstance(part, (Downsample2D, Upsample2D)):
                part.channels = part.conv.in_channels
                part.out_channels = part.conv.out_channels
        for part in attentions:
            part.inner_dim = part.to_q.out_features
            part.inner_kv_dim = part.to_k.out_features
            part.scale = (part.inner_dim // part.heads) ** -0.5
        for parameter in unet.parameters():
            parameter.grad = None
    '''
)


def _components(use: MethodUse) -> tuple[str, ...]:
    return use.components or default_components(compression(use.method))


def _absmax(use: MethodUse, _cell: Cell) -> Fragment:
    kinds = "(torch.nn.Linear, torch.nn.Conv2d)"
    if not use.parameters.get("convolutions", True):
        kinds = "(torch.nn.Linear,)"
    per_channel = use.parameters.get("granularity", "channel") == "channel"
    calls = [f"kinds = {kinds}"]
    calls += [
        f"replace_layers(pipe.{part}, lambda layer: absmax_int8(layer, kinds, {per_channel}))"
        for part in _components(use)
    ]
    return Fragment(helpers=(REPLACE, ABSMAX), calls=tuple(calls))


def _bnb_int8(use: MethodUse, _cell: Cell) -> Fragment:
    threshold = literal(float(use.parameters.get("threshold", 6.0)))
    return Fragment(
        imports=("import bitsandbytes as bnb",),
        helpers=(REPLACE, BNB_INT8),
        calls=tuple(
            f"replace_layers(pipe.{part}, lambda layer: bnb_int8(layer, device, {threshold}))"
            for part in _components(use)
        ),
    )


def _bnb_nf4(use: MethodUse, _cell: Cell) -> Fragment:
    double = bool(use.parameters.get("double_quant", True))
    block = int(use.parameters.get("block_size", 64))
    return Fragment(
        imports=("import bitsandbytes as bnb",),
        helpers=(REPLACE, BNB_NF4),
        calls=tuple(
            f"replace_layers(pipe.{part}, lambda layer: bnb_nf4(layer, device, {double}, {block}))"
            for part in _components(use)
        ),
    )


def _pruning(use: MethodUse, _cell: Cell) -> Fragment:
    ratio = literal(float(use.parameters.get("ratio", 0.3)))
    round_to = int(use.parameters.get("round_to", 8))
    return Fragment(
        imports=(
            "import torch_pruning as tp",
            "from diffusers.models.attention_processor import Attention",
            "from diffusers.models.downsampling import Downsample2D",
            "from diffusers.models.upsampling import Upsample2D",
        ),
        helpers=(PRUNE,),
        calls=(f"prune_channels(pipe.unet, ratio={ratio}, round_to={round_to})",),
    )


def _student(use: MethodUse, cell: Cell) -> Fragment:
    if source := use.parameters.get("source"):
        raise InputError(
            f"--emit python cannot write distilled-student from {source}; use --json for the "
            "configuration itself"
        )
    folder = literal(f"{cell.model}-student-{use.parameters.get('size', 'small')}")
    return Fragment(
        imports=(*SHIPPED.imports, "from diffusers import UNet2DConditionModel"),
        constants=SHIPPED.constants,
        calls=(
            "# The student is a UNet of its own.",
            f"unet = UNet2DConditionModel.from_pretrained(str(SHIPPED / {folder}), dtype=DTYPE)",
            "pipe.unet = unet.to(device)",
        ),
    )


COMPRESSIONS: Mapping[str, Callable[[MethodUse, Cell], Fragment]] = {
    "absmax-int8": _absmax,
    "bnb-int8": _bnb_int8,
    "bnb-nf4": _bnb_nf4,
    "structured-pruning": _pruning,
    "distilled-student": _student,
}

PACKAGES: Mapping[str, str] = {
    "bnb-int8": "bitsandbytes",
    "bnb-nf4": "bitsandbytes",
    "structured-pruning": "torch-pruning",
    "deepcache": "DeepCache",
    "attention-xformers": "xformers",
}
"""What has to be installed for a method, by its name on PyPI."""
