"""The road-scene renderer and its small CLIP: Curate's main job runs offline, with a ground truth that is known.

Importing this loads neither torch nor Pillow; the modules below do.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["MODEL_DIR"]

MODEL_DIR = Path(__file__).parent / "model"
"""The CLIP in OpenCLIP's ``local-dir:`` format: ``open_clip_config.json`` and ``open_clip_model.safetensors``."""
