"""What this package adds to the catalogue. The code is named by `target` and imported on use."""

from profiler.catalogue.schedulers import SchedulerSpec
from profiler.records.catalogue import MethodSpec, MetricSpec, Parameter, Requirements

ROUNDING = MethodSpec(
    name="example-rounding",
    kind="quantise",
    target="sdprof_example.compression:round_weights",
    doc="Rounds every weight to a few bits of mantissa; the format stays as it is.",
    source="https://en.wikipedia.org/wiki/Significand",
    components=("unet", "vae", "text_encoder"),
    parameters=(
        Parameter("bits", "int", 4, "bits of mantissa that are kept", minimum=1, maximum=23),
    ),
    requires=Requirements(precisions=("fp32",)),
    order=30,
    formula="W' = round(W / 2^(e - bits)) * 2^(e - bits), e the exponent of W",
    limits="Saves no memory: it shows what rounding does to the images.",
)

CLAMP = MethodSpec(
    name="example-clamp",
    kind="optimise",
    target="sdprof_example.optimisation:clamp",
    doc="Keeps the predicted noise within a bound.",
    source="the idea: Saharia et al. 2022, Imagen, arXiv:2205.11487, section 2.3 (thresholding)",
    components=("unet",),
    parameters=(Parameter("bound", "float", 1.0, "largest magnitude", minimum=0.01, maximum=100),),
    limits="Changes the images and saves nothing.",
)

BRIGHTNESS = MetricSpec(
    name="example_brightness",
    unit="1",
    better="higher",
    paired=False,
    target="sdprof_example.metric:brightness",
    doc="Mean of all channels of all pixels, 0 for black and 1 for white.",
    source="this package",
    lowest=0.0,
    highest=1.0,
)

HEUN = SchedulerSpec(
    name="example-heun",
    diffusers_class="HeunDiscreteScheduler",
    doc="Second-order Heun steps: two calls of the UNet for each but the last.",
    source="Karras et al. 2022, arXiv:2206.00364",
)
