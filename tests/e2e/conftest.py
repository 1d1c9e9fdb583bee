import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import support  # noqa: E402


@pytest.fixture
def make_region(tmp_path):
    """make_region(name, *more options) -> a running Region, stopped at the end."""
    made = []

    def make(name, *more):
        made.append(support.Region(tmp_path, name, *more))
        return made[-1]

    yield make
    for region in made:
        region.stop()


@pytest.fixture
def make_node(tmp_path):
    """make_node(settings text) -> a running Node, stopped at the end."""
    made = []

    def make(text, name="evershore.toml"):
        path = tmp_path / name
        path.write_text(text)
        made.append(support.Node(path))
        return made[-1]

    yield make
    for node in made:
        node.stop()
