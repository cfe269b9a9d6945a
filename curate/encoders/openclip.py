"""OpenCLIP models: the two towers apart, each loaded when it is first needed.

Searching by words loads the text tower's weights alone (safetensors reads single tensors), embedding loads the image
tower's alone. Architectures whose towers OpenCLIP does not build by itself (text models of Hugging Face, CoCa) and
checkpoints that are not safetensors are loaded whole.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from curate.encoders.encoder import EncoderInfo, Floats, unit
from curate.encoders.precision import choose_device, choose_precision
from curate.encoders.weights import LOCAL, Weights, find_weights

if TYPE_CHECKING:
    import torch
    from PIL import Image

# What CLIP, which has no `text` module of its own, calls the parts of its text tower.
_TEXT_PARTS = ("token_embedding.", "positional_embedding", "transformer.", "ln_final.", "text_projection", "cls_emb")
_TEXTS_AT_ONCE = 256


class OpenClipEncoder:
    """A model in OpenCLIP's format.

    Args:
        weights: from `find_weights`.
        precision: of the image tower: "auto", "fp32", "bf16" or "fp16". Words are always encoded in fp32: one query
            costs little, and its vector is then the same on every machine.
        device: "cpu", "cuda", "cuda:1"; None takes a GPU where there is one.

    Attributes:
        concurrent: `encode_prepared` may run on several threads at once.
    """

    concurrent = True

    def __init__(self, weights: Weights, *, precision: str = "auto", device: str | None = None) -> None:
        self.weights = weights
        self.name = weights.name
        self.device = choose_device(device)
        if precision == "auto" and self.device == "cpu" and _is_convolutional(weights.model_config):
            # Measured with an EfficientNet: bf16 comes as near as 0.997 to fp32, where a ViT comes to 0.9999.
            precision = "fp32"
        self.precision = choose_precision(precision, device=self.device)
        self._lock = threading.Lock()
        self._image_tower: Any = None
        self._text_tower: Any = None
        self._tokenizer: Any = None
        self._steps: Any = None

    @classmethod
    def load(
        cls,
        model: str,
        *,
        precision: str = "auto",
        device: str | None = None,
        notify: Callable[[str], None] | None = None,
    ) -> OpenClipEncoder:
        """The encoder named "ARCHITECTURE/TAG", "local-dir:PATH" or "demo"; raises what `find_weights` does."""
        return cls(find_weights(model, notify=notify), precision=precision, device=device)

    def __repr__(self) -> str:
        return f"OpenClipEncoder({self.weights.model!r}, dimension={self.dimension}, precision={self.precision!r})"

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self.weights.model_config["embed_dim"])

    @property
    def image_size(self) -> int:
        """Pixels of the longer side that the model looks at."""
        return max(self._size)

    @property
    def _size(self) -> tuple[int, int]:
        size = self.weights.model_config["vision_cfg"].get("image_size", 224)
        return (int(size), int(size)) if isinstance(size, int) else (int(size[0]), int(size[1]))

    @property
    def info(self) -> EncoderInfo:
        """What to store beside the vectors; hashes the weights on first use."""
        settings = self._preprocess_settings()
        mean, std = (",".join(f"{value:.8g}" for value in getattr(settings, key)) for key in ("mean", "std"))
        height, width = self._size
        return EncoderInfo(
            name=self.name,
            model=self.weights.model,
            weights_hash=self.weights.sha256,
            preprocessing=f"{height}x{width} {settings.resize_mode} {settings.interpolation} mean={mean} std={std}",
            dimension=self.dimension,
            has_text=True,
            precision=self.precision,
        )

    def _preprocess_settings(self) -> Any:
        from open_clip.transform import PreprocessCfg, merge_preprocess_dict

        merged = merge_preprocess_dict(PreprocessCfg(), self.weights.preprocess_config)
        return PreprocessCfg(**{**merged, "size": self._size})

    def prepare(self, image: Image.Image) -> Any:
        """The model's own resize, crop and conversion: (height, width, 3) uint8.

        The arithmetic on floats comes later, for a whole batch at once: a quarter of the memory, and the same numbers.
        """
        if self._steps is None:
            self._steps = self._image_steps()
        for step in self._steps:
            image = step(image)
        return np.asarray(image)

    def _image_steps(self) -> list[Callable[[Any], Any]]:
        from open_clip.transform import image_transform_v2

        steps = list(image_transform_v2(self._preprocess_settings(), is_train=False).transforms)
        assert [type(step).__name__ for step in steps[-2:]] == ["MaybeToTensor", "Normalize"], "OpenCLIP has changed"
        return steps[:-2]

    def normalised(self, batch: Sequence[Any]) -> torch.Tensor:
        """(n, 3, height, width) in the model's precision and on its device, of what `prepare` gave."""
        import torch

        settings = self._preprocess_settings()
        pixels = torch.from_numpy(np.stack(batch))
        if self.device.startswith("cuda"):
            pixels = pixels.pin_memory().to(self.device, non_blocking=True)
        planes = pixels.permute(0, 3, 1, 2).contiguous().to(torch.float32).div_(255)
        mean, std = (torch.tensor(getattr(settings, key), device=planes.device) for key in ("mean", "std"))
        return planes.sub_(mean.view(1, 3, 1, 1)).div_(std.view(1, 3, 1, 1)).to(self._dtype)

    @property
    def _dtype(self) -> torch.dtype:
        import torch

        return {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[self.precision]

    def encode_prepared(self, batch: Sequence[Any]) -> Floats:
        """(n, dimension) float32 unit vectors of `n` prepared pictures."""
        import torch

        if len(batch) == 0:
            return np.zeros((0, self.dimension), dtype=np.float32)
        tower = self.image_tower()
        with torch.inference_mode():
            features = tower(self.normalised(batch))
            features = features[0] if isinstance(features, tuple) else features
            return unit(features.float().cpu().numpy())

    def encode_texts(self, texts: Sequence[str]) -> Floats:
        """(n, dimension) float32 unit vectors of `n` texts; what exceeds the context is cut (see `token_count`)."""
        import torch

        encode, tokenizer = self._text()
        parts = [np.zeros((0, self.dimension), dtype=np.float32)]
        with torch.inference_mode():
            for start in range(0, len(texts), _TEXTS_AT_ONCE):
                tokens = tokenizer(list(texts[start : start + _TEXTS_AT_ONCE])).to(self.device)
                parts.append(unit(encode(tokens).float().cpu().numpy()))
        return np.concatenate(parts)

    @functools.cached_property
    def logit_scale(self) -> float:
        """What the model multiplies cosines by before a softmax over prompts; read from the weights on first use."""
        from safetensors import safe_open

        if self.weights.path.suffix == ".safetensors":
            with safe_open(str(self.weights.path), "pt") as file:
                if "logit_scale" in list(file.keys()):
                    return float(file.get_tensor("logit_scale").float().exp())
        return float(_whole(self.weights).logit_scale.exp())

    def token_count(self, text: str) -> tuple[int, int]:
        """How many tokens `text` has, marks at both ends included, and how many the model reads.

        Loads the tokenizer, not the model.
        """
        tokenizer = self._load_tokenizer()
        limit = int(tokenizer.context_length)
        if hasattr(tokenizer, "encode"):
            return len(tokenizer.encode(text)) + 2, limit
        return len(tokenizer.tokenizer(text)["input_ids"]), limit

    @property
    def reads_english(self) -> bool:
        """Whether the tokenizer is CLIP's own, which was made from English, as the captions of such models are."""
        return hasattr(self._load_tokenizer(), "encode")

    def image_tower(self) -> Any:
        """The image tower alone, in evaluation mode, in its precision, on its device."""
        import torch

        with self._lock:
            if self._image_tower is None:
                tower = _tower(self.weights, "image") or _whole(self.weights).visual
                tower = tower.to(device=self.device, dtype=self._dtype).eval()
                if _is_convolutional(self.weights.model_config):
                    tower = tower.to(memory_format=torch.channels_last)  # twice as fast on a CPU
                self._image_tower = tower
            return self._image_tower

    def _text(self) -> tuple[Callable[[Any], Any], Any]:
        tokenizer = self._load_tokenizer()
        with self._lock:
            if self._text_tower is None:
                tower = _tower(self.weights, "text")
                if tower is None:
                    tower = _whole(self.weights)
                    tower.visual = None
                self._text_tower = tower.float().to(self.device).eval()
            return getattr(self._text_tower, "encode_text", self._text_tower), tokenizer

    def _load_tokenizer(self) -> Any:
        import open_clip

        with self._lock:
            if self._tokenizer is None:
                with _root_logger_untouched():
                    self._tokenizer = open_clip.get_tokenizer(self.weights.tokenizer)
            return self._tokenizer


def _is_convolutional(config: dict[str, Any]) -> bool:
    vision = config["vision_cfg"]
    name = str(vision.get("timm_model_name") or "")
    return isinstance(vision.get("layers"), list | tuple) or bool(name and "vit" not in name and "eva" not in name)


@contextmanager
def _root_logger_untouched() -> Iterator[None]:
    """OpenCLIP logs through ``logging.info``, which configures the root logger of a program that has not done so."""
    root = logging.getLogger()
    silencer = logging.NullHandler()
    root.addHandler(silencer)
    try:
        yield
    finally:
        root.removeHandler(silencer)


def _tower(weights: Weights, part: str) -> Any:
    """The "image" or "text" tower with its weights and no others; None where it takes the whole model."""
    from open_clip import model as openclip_model
    from safetensors import safe_open

    config = weights.model_config
    build = getattr(openclip_model, "_build_text_tower" if part == "text" else "_build_vision_tower", None)
    whole = "multimodal_cfg" in config or (part == "text" and "hf_model_name" in config["text_cfg"])
    if build is None or whole or weights.path.suffix != ".safetensors":
        return None
    with safe_open(str(weights.path), "pt") as file:
        names = _tower_names(list(file.keys()), part)
        if not names:
            return None
        state = {name: file.get_tensor(stored) for name, stored in names.items()}
    settings = dict(config["text_cfg" if part == "text" else "vision_cfg"])
    if settings.get("timm_model_pretrained"):
        settings["timm_model_pretrained"] = False  # the weights are here
    tower = build(config["embed_dim"], settings, quick_gelu=bool(config.get("quick_gelu")))
    try:
        tower.load_state_dict(state, strict=True)
    except RuntimeError:  # positions of another length, or names of another library: OpenCLIP converts those
        return None
    return tower


def _tower_names(stored: list[str], part: str) -> dict[str, str]:
    """Name in the tower of each stored tensor that belongs to it."""
    prefix = "visual." if part == "image" else "text."
    names = {name.removeprefix(prefix): name for name in stored if name.startswith(prefix)}
    if part == "text" and not names:
        names = {name: name for name in stored if name.startswith(_TEXT_PARTS)}
    return names


def _whole(weights: Weights) -> Any:
    """Both towers, by OpenCLIP's own loader."""
    import open_clip

    with _root_logger_untouched():
        if weights.model.startswith(LOCAL) or weights.tokenizer.startswith(LOCAL):
            return open_clip.create_model(weights.tokenizer, weights_only=True)
        return open_clip.create_model(
            weights.tokenizer,
            pretrained=str(weights.path),
            force_quick_gelu=bool(weights.model_config.get("quick_gelu")),
            weights_only=True,
        )
