"""A metric: a function from a `Sample` (profiler/quality/sample.py) to one value per image."""

import numpy as np

from profiler.quality.sample import Sample


def brightness(sample: Sample) -> list[float]:
    """Mean of all channels in [0, 1], one value per image."""
    return [float(np.asarray(image, dtype=np.float64).mean()) / 255.0 for image in sample.images]
