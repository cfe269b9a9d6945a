"""What a model multiplies cosines with before the softmax: how sure it was trained to be of them."""

from __future__ import annotations

import math

from curate.encoders.encoder import Encoder
from curate.encoders.openclip import OpenClipEncoder

CLIP_SCALE = 100.0
"""Where a model does not say: what CLIP's training ended with, being its upper limit (Radford et al., 2021, section 2.5)."""


def logit_scale(encoder: Encoder) -> float:
    """The scale of an encoder's cosines.

    It reads one number of the weights, and nothing else of them.
    """
    if not isinstance(encoder, OpenClipEncoder) or encoder.weights.path.suffix != ".safetensors":
        return CLIP_SCALE
    from safetensors import safe_open

    with safe_open(str(encoder.weights.path), "pt") as file:
        if "logit_scale" not in list(file.keys()):
            return CLIP_SCALE
        # SigLIP's goes past 100, being that of a sigmoid
        return min(CLIP_SCALE, math.exp(float(file.get_tensor("logit_scale").item())))
