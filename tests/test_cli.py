"""The command line as scripts and people use it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

import curate
from curate import cli
from curate.commands import health
from curate.commands.demo import _notebook
from curate.commands.output import printable
from tests.conftest import draw

COMMANDS = ("demo", "ingest", "embed", "search", "split", "leaks", "export", "verify", "info", "doctor")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def process(*arguments: object, **more) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "curate.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **more)


@pytest.fixture
def path(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "photos.curate"))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A CLIP with random weights, small enough to make on the spot."""
    import open_clip
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("tiny-clip")
    config = {
        "embed_dim": 16,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 32, "patch_size": 16, "head_width": 16},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
    }
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": {}}))
    save_file(open_clip.model.CLIP(**config).state_dict(), folder / "open_clip_model.safetensors")
    return f"local-dir:{folder}"


# -- help and usage -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_that_is_right(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    example = re.search(rf"Example: (curate {command}\b.*)", result.output, re.DOTALL)
    assert example is not None
    for option in re.findall(r"\s(--?[a-z][a-z-]*)", example[1]):
        assert re.search(rf"^\s+.*{re.escape(option)}\b", result.output, re.MULTILINE), option


def test_help_lists_every_command_and_the_exit_codes() -> None:
    text = " ".join(run("--help").output.split())
    for command in COMMANDS:
        assert f" {command} " in text
    assert "3 a check failed" in text
    assert "130 interrupted" in text


def test_the_version_is_the_packages() -> None:
    assert run("--version").output == f"curate {curate.__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("serach", "x", "y"),
        ("search", "x"),
        ("search", "x", "y", "--nothing"),
        ("split", "x", "train"),
        ("split", "x", "train=0.8", "train=0.2"),
        ("split", "x", "train=-1"),
        ("export", "x", "y"),
    ],
)
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...], path: Path) -> None:
    given = [path if argument == "x" else argument for argument in arguments]
    assert run(*given).exit_code == 2


def test_a_split_and_a_filter_are_not_exported_together(path: Path, tmp_path: Path) -> None:
    result = run("export", path, tmp_path / "out", "-f", "csv", "--split", "s", "--where", "true")
    assert result.exit_code == 2


# -- errors ---------------------------------------------------------------------------------------------------------------


def test_an_error_is_one_line_on_stderr_and_ends_with_1(path: Path) -> None:
    result = run("info", path.parent / "photo.curate")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("curate: There is no dataset")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr


def test_debug_shows_where_it_comes_from(path: Path) -> None:
    result = run("--debug", "info", path.parent / "photo.curate")
    assert result.exit_code == 1
    assert "Traceback" in result.stderr
    assert "DatasetNotFound" in result.stderr


def test_a_fault_of_curate_says_so_without_a_traceback(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curate.commands.pool.open_dataset", lambda _path: 1 / 0)
    result = run("info", path)
    assert result.exit_code == 1
    assert "unexpected ZeroDivisionError" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("arguments", [("search", "hail"), ("split", "a=0.5", "b=0.5", "--stratify", "wether")])
def test_errors_name_the_next_step(path: Path, arguments: tuple[str, ...]) -> None:
    result = run(arguments[0], path, *arguments[1:])
    assert result.exit_code == 1
    assert "Hint: " in result.stderr


def test_text_from_files_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b]0;title\x07b\x9b31m\u202e") == "a�]0;title�b�31m�"


# -- the journey ----------------------------------------------------------------------------------------------------------


def test_ingest_creates_only_when_asked_to(photos: Path, tmp_path: Path) -> None:
    target = tmp_path / "new.curate"
    refused = run("ingest", target, photos / "index.csv")
    assert refused.exit_code == 1
    assert "--create" in refused.stderr
    assert not target.exists()
    done = run("ingest", target, photos / "index.csv", "--create", "--labels", "weather", "--json")
    assert done.exit_code == 0, done.stderr
    counts = json.loads(done.stdout)
    assert counts["added"] == 24
    assert counts["by_status"] == {"ok": 23, "empty": 1}
    again = json.loads(run("ingest", target, photos / "index.csv", "--json").stdout)
    assert (again["added"], again["unchanged"]) == (0, 24)
    assert curate.open(target).labels("weather").height == 24


def test_ingest_takes_the_labels_of_a_coco_folder(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "coco"
    shutil.copytree(photos / "pictures" / "a", folder / "images")
    told = {
        "images": [{"id": 7, "file_name": "images/00.jpg", "width": 64, "height": 48}],
        "categories": [{"id": 3, "name": "bus"}],
        "annotations": [{"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 30, 40]}],
    }
    (folder / "annotations.json").write_text(json.dumps(told))
    target = tmp_path / "new.curate"
    done = run("ingest", target, folder, "--format", "coco", "--create")
    assert done.exit_code == 0, done.stderr
    assert curate.open(target).labels("objects")["box"].to_list() == [[1, 2, 30, 40]]
    refused = run("ingest", target, folder, "--format", "cocoa")
    assert refused.exit_code != 0
    assert "coco" in refused.stderr


def test_embed_search_tag_save_and_sheet(path: Path, model: str, tmp_path: Path) -> None:
    embedded = run("embed", path, "--model", model, "--json")
    assert embedded.exit_code == 0, embedded.stderr
    assert json.loads(embedded.stdout)["added"] == 23
    sheet = tmp_path / "sheets" / "hail.png"
    arguments = ("--where", "weather = 'hail'", "-n", 3, "--columns", "weather,drive", "--tag", "t", "--save", "s")
    found = run("search", path, "hail", "--minus", "snow", *arguments, "--sheet", sheet, "--json")
    assert found.exit_code == 0, found.stderr
    rows = json.loads(found.stdout)
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert {row["weather"] for row in rows} == {"hail"}
    assert set(rows[0]) == {"sample_id", "uri", "rank", "score", "weather", "drive"}
    assert sheet.read_bytes().startswith(b"\x89PNG")
    ds = curate.open(path)
    assert ds.tagged("t").count() == 3
    assert ds.slice("s").count == 3
    table = run("search", path, "hail", "snow", "-n", 2).stdout.splitlines()
    assert table[0].split()[:3] == ["rank", "score", "uri"]
    assert len(table) == 4


def test_info_counts_what_is_there(path: Path) -> None:
    ds = curate.open(path)
    ds.where("weather = 'hail'").tag("icy")
    ds.snapshot("before")
    facts = json.loads(run("info", path, "--json").stdout)
    assert facts["samples"] == 24
    assert facts["status"] == {"ok": 23, "empty": 1}
    assert facts["tags"] == {"icy": 6}
    assert facts["snapshots"] == ["before"]
    assert "weather" in facts["columns"]
    text = run("info", path).stdout
    assert "status: ok 23, empty 1" in text
    assert "curate embed" in text


def test_split_export_and_verify(path: Path, tmp_path: Path) -> None:
    made = run(
        "split", path, "train=0.5", "test=0.5", "--stratify", "weather", "--group-by", "drive", "--name", "v1", "--json"
    )
    certificate = json.loads(made.stdout)
    assert certificate["cut"] == 0
    assert sum(part["got"] for part in certificate["parts"]) == 24
    assert made.exit_code in (0, 3)
    out = tmp_path / "out"
    exported = run("export", path, out, "-f", "imagefolder", "--split", "v1", "--labels", "weather", "--json")
    assert exported.exit_code == 0, exported.stderr
    document = json.loads(exported.stdout)
    assert document["counts"]["samples"] == 23
    assert [left["reason"] for left in document["left_out"]] == ["status empty"]
    assert run("verify", out).exit_code == 0
    table = pl.read_csv(out / "samples.csv")
    (out / table["file_name"][0]).write_bytes(b"another")
    (out / "added.txt").write_text("")
    differs = run("verify", out, "--json")
    assert differs.exit_code == 3
    document = json.loads(differs.stdout)
    assert not document["ok"]
    assert document["changed"] == [table["file_name"][0]]
    assert document["added"] == ["added.txt"]
    assert "NOT verified" in run("verify", out).stdout


def test_counts_of_samples_and_shares_are_told_apart(path: Path) -> None:
    made = json.loads(run("split", path, "train=10", "test=4", "--stratify", "weather", "--json").stdout)
    assert [part["got"] for part in made["parts"]] == [10, 4]
    assert made["unassigned"] == 10


def test_export_maps_classes_and_resizes(path: Path, tmp_path: Path) -> None:
    more = ("--classes", "rain=wet,snow=white, hail=white", "--resize", "32x16", "--encode", "png")
    result = run("export", path, tmp_path / "out", "-f", "imagefolder", "--labels", "weather", *more, "--json")
    assert result.exit_code == 0, result.stderr
    made = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (made["classes"], made["resize"], made["encode"]) == (["wet", "white"], [32, 16], "png")
    assert made["class_map"] == {"rain": "wet", "snow": "white", "hail": "white"}
    assert {Path(file["path"]).suffix for file in made["files"]} == {".png", ".csv"}
    assert run("export", path, tmp_path / "no", "-f", "csv", "--resize", "small").exit_code == 2


def test_export_takes_a_filter_and_says_what_it_left_out(path: Path, tmp_path: Path) -> None:
    result = run("export", path, tmp_path / "out", "-f", "csv", "--where", "weather = 'clear'", "--media", "symlink")
    assert result.exit_code == 0, result.stderr
    assert "samples: 5" in result.stdout
    assert "left out: " in result.stderr
    again = run("export", path, tmp_path / "out", "-f", "csv", "--where", "weather = 'hail'")
    assert again.exit_code == 1
    assert run("export", path, tmp_path / "out", "-f", "csv", "--overwrite").exit_code == 0


def test_leaks_of_folders_and_of_a_column(path: Path, tmp_path: Path) -> None:
    for name in ("train/0.jpg", "val/1.jpg"):
        draw(tmp_path / "files" / name, 7)
    draw(tmp_path / "files" / "val" / "2.jpg", 8)
    found = run("leaks", tmp_path / "files")
    assert found.exit_code == 3
    assert "1 near pairs lie across parts" in found.stdout
    told = json.loads(
        run("leaks", f"a={tmp_path / 'files' / 'train'}", f"b={tmp_path / 'files' / 'val'}", "--json").stdout
    )
    assert not told["ok"]
    assert [(pair["left_part"], pair["right_part"]) for pair in told["pairs"]] == [("a", "b")]
    assert run("split", path, "train=0.5", "val=0.5").exit_code == 0
    assert run("leaks", path, "--column", "v1").exit_code == 0
    assert run("leaks", "train", "val").exit_code == 2


def test_verify_of_something_else_is_an_error_and_not_a_difference(tmp_path: Path) -> None:
    assert run("verify", tmp_path).exit_code == 1


# -- doctor ---------------------------------------------------------------------------------------------------------------


def test_doctor_looks_at_everything_and_downloads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    result = run("doctor", "--json")
    report = json.loads(result.stdout)
    names = {check["name"] for check in report["checks"]}
    assert {"curate", "python", "packages", "extra lab", "processor", "widgets", "kernel", "model demo"} <= names
    assert result.exit_code == (0 if report["ok"] else 3)
    assert all(check["advice"] for check in report["checks"] if check["state"] != "ok")
    assert "HF_HUB_OFFLINE" not in os.environ


def test_doctor_survives_what_it_examines(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken():
        raise ImportError("libfoo.so: cannot open shared object file")
        yield

    broken.__name__ = "_processor"
    monkeypatch.setattr(health, "_LOOKS", (health._curate, broken))
    result = run("doctor")
    assert result.exit_code == 3
    assert "REPAIR  processor  ImportError: libfoo.so" in result.stdout


def test_doctor_says_how_to_get_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    real = health._version
    monkeypatch.setattr(health, "_version", lambda name: None if name in ("jupyterlab", "duckdb") else real(name))
    checks = {check.name: check for check in health._packages()}
    assert checks["missing packages"].state == "repair"
    assert "duckdb" in checks["missing packages"].found
    assert checks["extra lab"].advice == "pip install 'curate-jupyter[lab]'"


# -- the demo -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def fake_demo(ds: curate.Dataset, monkeypatch: pytest.MonkeyPatch, model: str) -> curate.Dataset:
    """The demo's commands without its minutes of drawing."""
    ds.embed(model)
    monkeypatch.setattr(curate, "demo", lambda path, *, n, seed: ds, raising=False)
    return ds


def test_demo_says_what_it_does_and_writes_a_contact_sheet(fake_demo: curate.Dataset, tmp_path: Path) -> None:
    result = run("demo", "--no-lab")
    assert result.exit_code == 0, result.stderr
    assert (tmp_path / "night-hail.png").read_bytes().startswith(b"\x89PNG")
    for words in ("road scenes", "'night hail'", "contact sheet", "curate.open("):
        assert words in result.stdout


def test_demo_without_jupyterlab_gives_the_pip_line(fake_demo: curate.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = run("demo")
    assert result.exit_code == 1
    assert "pip install 'curate-jupyter[lab]'" in result.stderr
    assert "contact sheet" in result.stdout


def test_demo_opens_jupyterlab_on_the_notebook(fake_demo: curate.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    def start(command: list[str], **_more: object) -> subprocess.CompletedProcess[bytes]:
        started.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("curate.commands.demo.subprocess.run", start)
    assert run("demo").exit_code == 0
    assert started[0][:3] == [sys.executable, "-m", "jupyterlab"]


def test_the_notebook_comes_from_the_checkout_or_is_copied_from_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages" / "curate"
    (package / "demo").mkdir(parents=True)
    monkeypatch.setattr(curate, "__file__", str(package / "__init__.py"))
    assert _notebook(tmp_path) is None
    (package / "demo" / "01-quickstart.ipynb").write_text("installed")
    assert _notebook(tmp_path) == tmp_path / "01-quickstart.ipynb"
    (tmp_path / "01-quickstart.ipynb").write_text("edited")
    assert _notebook(tmp_path).read_text() == "edited", "what the user has changed is kept"
    notebook = tmp_path / "site-packages" / "notebooks" / "01-quickstart.ipynb"
    notebook.parent.mkdir()
    notebook.write_text("checkout")
    (tmp_path / "site-packages" / "pyproject.toml").write_text("")
    assert _notebook(tmp_path) == notebook


# -- as a process ---------------------------------------------------------------------------------------------------------


def test_exit_codes_streams_and_json_of_the_real_program(path: Path, tmp_path: Path) -> None:
    info = process("info", path, "--json")
    assert info.returncode == 0
    assert json.loads(info.stdout)["samples"] == 24
    assert info.stderr == ""
    missing = process("info", tmp_path / "nothing.curate")
    assert missing.returncode == 1
    assert missing.stdout == ""
    assert "Traceback" not in missing.stderr
    assert process("nonsense").returncode == 2


def test_umlauts_survive_a_locale_without_them(path: Path, tmp_path: Path) -> None:
    odd = tmp_path / "büro.curate"
    path.rename(odd)
    environment = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    plain, document = process("info", odd, env=environment), process("info", odd, "--json", env=environment)
    assert plain.returncode == 0, plain.stderr
    assert json.loads(document.stdout)["samples"] == 24


def test_help_is_quick() -> None:
    code = "import sys, curate.cli; print(sorted({'torch', 'polars', 'duckdb', 'lance', 'faiss'} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_a_reader_that_goes_away_is_no_fault(path: Path) -> None:
    command = f"{sys.executable} -m curate.cli info {path} --json | head -c 1"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


SLOW = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from curate import cli
from curate.commands import pool
def wait(_path):
    print("waiting", flush=True)
    time.sleep(60)
pool.open_dataset = wait
sys.argv = ["curate", "info", "x"]
cli.main()
"""


def test_ctrl_c_ends_with_130_and_no_traceback() -> None:
    child = subprocess.Popen([sys.executable, "-c", SLOW], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "waiting\n"
    time.sleep(0.2)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=30)
    assert child.returncode == 130
    assert "Traceback" not in errors
