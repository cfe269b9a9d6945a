"""The road-scene renderer and its small CLIP: Curate's main job runs offline, with a ground truth that is known.

``curate.demo()`` builds the demo dataset and ``curate.demo.scene`` is a module, so this package can be called. Importing it
loads neither torch nor Pillow; the modules below do.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curate.dataset import Dataset

__all__ = ["MODEL_DIR"]

MODEL_DIR = Path(__file__).parent / "model"
"""The CLIP in OpenCLIP's ``local-dir:`` format: ``open_clip_config.json`` and ``open_clip_model.safetensors``."""


class _CallableModule(ModuleType):
    """Python binds a package's name in its parent when it is imported, over any function of that name: so be both."""

    def __call__(self, path: str | Path | None = None, *, n: int = 2000, seed: int = 0) -> Dataset:
        """Build the demo dataset, or open it where it is built; see `curate.demo.dataset.build_demo`."""
        from curate.demo.dataset import build_demo

        return build_demo(path, n=n, seed=seed)


sys.modules[__name__].__class__ = _CallableModule
