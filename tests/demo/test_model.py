import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open

from curate.demo import MODEL_DIR
from curate.demo.captions import query
from curate.demo.corpus import attributes, draw_scenes, squashed
from curate.demo.evaluate import AXES, GOALS, average_precision, means, measure, report, score_queries

WEIGHTS = MODEL_DIR / "open_clip_model.safetensors"


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, curate.demo; print(sorted({'torch', 'PIL', 'open_clip', 'numpy'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_model_is_small_and_half_precision():
    assert WEIGHTS.stat().st_size <= 12_000_000
    with safe_open(WEIGHTS, framework="numpy") as weights:
        tensors = [weights.get_tensor(name) for name in weights.keys()]  # noqa: SIM118
    assert {str(tensor.dtype) for tensor in tensors} == {"float16"}
    assert 5_000_000 <= sum(tensor.size for tensor in tensors) <= 7_000_000
    assert all(np.isfinite(tensor).all() for tensor in tensors)


def test_openclip_loads_it_offline_and_squashes_pictures():
    import open_clip

    name = f"local-dir:{MODEL_DIR}"
    model, _, preprocess = open_clip.create_model_and_transforms(name)
    config = json.loads((MODEL_DIR / "open_clip_config.json").read_text())
    side = config["preprocess_cfg"]["size"]
    assert config["preprocess_cfg"]["resize_mode"] == "squash"
    assert sum(weight.numel() for weight in model.parameters()) <= 7_000_000

    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8))
    settings = open_clip.get_model_preprocess_cfg(model)
    expected = (squashed(image, side) / 255.0 - settings["mean"]) / settings["std"]
    assert np.abs(preprocess(image).permute(1, 2, 0).numpy() - expected).max() < 1e-5
    tokens = open_clip.get_tokenizer(name)(["hail at night"])
    assert model.encode_text(tokens).shape == (1, config["model_cfg"]["embed_dim"])


def test_average_precision_agrees_with_a_worked_example():
    # Manning et al., Introduction to Information Retrieval, chapter 8: hits at ranks 1, 3, 6, 10 of ten.
    truth = np.zeros(10, dtype=bool)
    truth[[0, 2, 5, 9]] = True
    scores = -np.arange(10, dtype=np.float32)
    assert average_precision(scores, truth) == pytest.approx((1 + 2 / 3 + 3 / 6 + 4 / 10) / 4)
    assert np.isnan(average_precision(scores, np.zeros(10, dtype=bool)))


def test_a_perfect_encoder_scores_one_and_a_blind_one_does_not():
    truth = attributes(draw_scenes(600, seed=3))
    offsets = np.cumsum([0, 3, 5, 4])
    pictures = np.zeros((600, 19), dtype=np.float32)
    for column, offset in enumerate(offsets):
        pictures[np.arange(600), offset + truth[:, column]] = 1.0
    positions = {"timeofday": 0, "weather": 1, "place": 2, "object": 3}
    known = {
        "night hail": (0, 2, 1, 2),
        "hail at night": (0, 2, 1, 2),
        "hailstones on the road after dark": (0, 2, 1, 2),
    }
    for (first, ones), (second, others) in AXES.values():
        for one, value in enumerate(ones):
            for other, word in enumerate(others):
                asked = query(**{first: value, second: word})
                known[asked] = (positions[first], one, positions[second], other)

    def texts(words):
        out = np.zeros((len(words), 19), dtype=np.float32)
        for row, text in enumerate(words):
            first, one, second, other = known[text]
            out[row, offsets[first] + one] = out[row, offsets[second] + other] = 1.0
        return out

    perfect = means(score_queries(pictures, truth, texts))
    assert perfect == dict.fromkeys(GOALS, 1.0)
    blind = means(score_queries(np.ones_like(pictures), truth, texts))
    assert max(blind.values()) < 0.3


def test_rare_scenes_are_drawn_at_the_share_that_was_asked():
    truth = attributes(draw_scenes(2000, seed=9, night_hail=0.008))
    assert ((truth[:, 0] == 2) & (truth[:, 1] == 2)).sum() == 16
    assert min(len(ones) * len(others) for (_, ones), (_, others) in AXES.values()) >= 10


@pytest.mark.slow
def test_the_shipped_model_finds_unseen_scenes():
    scores = measure(scenes=1500, seed=31_337, night_hail=0.008)
    for table, mean in means(scores).items():
        assert mean >= GOALS[table], report(scores)
