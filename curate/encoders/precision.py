"""Which arithmetic a model runs in on this machine.

Measured with ViT-B-32 on two AVX512-BF16 cores: 20.6 images a second in fp32, 84 with all weights in bf16, at a cosine of
0.9999 and more to fp32; autocast gains nothing. Without instructions for it bf16 is slower than fp32, so it is chosen
only where the processor reports them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from curate.errors import BadValue

Precision = Literal["fp32", "bf16", "fp16"]
PRECISIONS = ("auto", "fp32", "bf16", "fp16")
_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})  # the last one is Arm's


def cpu_has_bf16() -> bool:
    """Whether this processor multiplies bf16: AVX512-BF16, AMX-BF16 or Arm's BF16.

    Asks torch first and reads /proc/cpuinfo where torch is too old to know.
    """
    import torch

    capabilities = getattr(torch.cpu, "get_capabilities", None)
    if capabilities is not None:
        try:
            known: dict[str, Any] = capabilities()
        except RuntimeError:  # an architecture that torch does not describe
            known = {}
        if known:
            return any(bool(known.get(flag)) for flag in _BF16_FLAGS)
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return not _BF16_FLAGS.isdisjoint(text.split())


def choose_precision(precision: str = "auto", *, device: str = "cpu") -> Precision:
    """The precision to run in.

    Args:
        precision: "auto", "fp32", "bf16" or "fp16". "auto" is bf16 where the processor or the GPU has it, fp16 on older
            GPUs, and fp32 otherwise.
        device: a torch device, "cpu" or "cuda:0".

    Raises:
        BadValue: another word.

    >>> choose_precision("fp32")
    'fp32'
    """
    if precision not in PRECISIONS:
        raise BadValue(f"'precision' is one of {', '.join(map(repr, PRECISIONS))}. Got {precision!r}")
    if precision != "auto":
        return precision  # type: ignore[return-value]
    if device.startswith("cuda"):
        import torch

        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp16"
    if device.startswith("cpu"):
        return "bf16" if cpu_has_bf16() else "fp32"
    return "fp32"


def choose_device(device: str | None = None) -> str:
    """`device`, or "cuda" where there is a GPU and "cpu" elsewhere.

    Raises:
        BadValue: a device that torch does not have here.
    """
    import torch

    if device is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        kind = torch.device(device).type
    except RuntimeError as error:
        raise BadValue(f"There is no device {device!r}", hint="'cpu' or 'cuda'") from error
    if kind == "cuda" and not torch.cuda.is_available():
        raise BadValue(f"Torch sees no GPU here, and the device is {device!r}", hint="leave device out")
    return device
