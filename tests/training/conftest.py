import pytest

from tests.training.greys import write


@pytest.fixture
def paths(tmp_path):
    return write(tmp_path / "media")
