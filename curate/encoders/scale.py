"""What a model multiplies cosines with before the softmax: how sure it was trained to be of them."""

from __future__ import annotations

from curate.encoders.encoder import CLIP_LOGIT_SCALE, Encoder


def logit_scale(encoder: Encoder) -> float:
    """The scale of an encoder's cosines: its own where it has one, CLIP's otherwise, and never more than that.

    SigLIP's goes past 100, being that of a sigmoid.
    """
    return min(CLIP_LOGIT_SCALE, float(getattr(encoder, "logit_scale", CLIP_LOGIT_SCALE)))
