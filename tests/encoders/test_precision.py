from __future__ import annotations

import pytest
import torch

from curate.encoders import precision
from curate.encoders.precision import choose_device, choose_precision, cpu_has_bf16
from curate.errors import BadValue


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [({"avx512_bf16": True}, True), ({"amx_bf16": True}, True), ({"avx2": True, "avx512_bf16": False}, False)],
)
def test_bf16_is_chosen_where_the_processor_has_it(monkeypatch, capabilities, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert cpu_has_bf16() is expected
    assert choose_precision("auto") == ("bf16" if expected else "fp32")


@pytest.mark.parametrize(("flags", "expected"), [("fma avx512_bf16 amx_tile", True), ("fma avx2", False)])
def test_an_older_torch_leaves_it_to_the_kernel(monkeypatch, tmp_path, flags, expected):
    (tmp_path / "cpuinfo").write_text(f"flags\t\t: {flags}\n")
    monkeypatch.setattr(torch.cpu, "get_capabilities", None, raising=False)
    monkeypatch.setattr(precision, "Path", lambda _: tmp_path / "cpuinfo")
    assert cpu_has_bf16() is expected
    (tmp_path / "cpuinfo").unlink()
    assert cpu_has_bf16() is False


def test_what_is_asked_for_is_taken():
    assert [choose_precision(word) for word in ("fp32", "bf16", "fp16")] == ["fp32", "bf16", "fp16"]
    assert choose_precision("auto", device="mps") == "fp32"


@pytest.mark.parametrize(("supported", "expected"), [(True, "bf16"), (False, "fp16")])
def test_a_gpu_runs_in_half(monkeypatch, supported, expected):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: supported)
    assert choose_precision("auto", device="cuda:1") == expected


def test_unknown_words_are_refused():
    with pytest.raises(BadValue, match="'int8'"):
        choose_precision("int8")
    with pytest.raises(BadValue, match="abacus"):
        choose_device("abacus")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused():
    assert choose_device() == "cpu"
    with pytest.raises(BadValue, match="no GPU"):
        choose_device("cuda")
