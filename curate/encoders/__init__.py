"""What turns images and words into vectors: OpenCLIP models, given vectors, any function.

Importing this loads neither torch nor open_clip; the modules do when an encoder is first used.
"""

from curate.encoders.encoder import Encoder, EncoderInfo
from curate.encoders.resolve import default_model, resolve

__all__ = ["Encoder", "EncoderInfo", "default_model", "resolve"]
