"""A notebook that was run and saved reads without a kernel."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_a_saved_notebook_keeps_the_contact_sheet(tmp_path, monkeypatch, static, rich):
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    for variable, folder in {
        "IPYTHONDIR": "ipython",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTER_CONFIG_DIR": "config",
    }.items():
        monkeypatch.setenv(variable, str(tmp_path / folder))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    code = f"""
from pathlib import Path
from curate.widgets import bundle
bundle.STATIC = Path({str(static)!r})
import curate
curate.open({rich.folder.location!r}).where("weather = 'rain'").show()
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True).execute()
    path = tmp_path / "saved.ipynb"
    nbformat.write(notebook, path)
    output = nbformat.read(path, as_version=4).cells[0].outputs[-1]
    assert output.get("data"), output
    assert output.data["text/html"].count('<img src="data:image/jpeg;base64,') == 6
    assert output.data["text/plain"] == """Gallery of 6 of 24 samples: ds.where("weather = 'rain'")"""
    assert "application/vnd.jupyter.widget-view+json" in output.data
