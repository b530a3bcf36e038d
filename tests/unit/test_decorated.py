"""Decorators are read without importing what they stand in."""

import pytest

from analog_sbi import decorated as reading
from analog_sbi.errors import ConfigurationError

FIRST = """
import a_module_that_nobody_has

FEW, NAME = 3, "no constant by itself"
LEAST = 100
KIND = "second"


@other("zero")
@tool("first", least=LEAST, sizes=(1, 2))
def one(x):
    return x


@tool(KIND)
class Two:
    pass


def three():
    @tool("inner")
    def four(): ...
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "PACKAGE", tmp_path / "package")
    tools = tmp_path / "package" / "tools"
    tools.mkdir(parents=True)
    (tools / "broken.py").write_text("no Python, but no tool either")
    (tools / "first.py").write_text(FIRST)
    return tools


def test_functions_and_classes_are_found_with_literals_and_constants(folder):
    found = reading.decorated("tool", "tools")
    assert list(found) == ["first", "second"]
    assert found["first"].settings == {"least": 100, "sizes": (1, 2)}
    assert (found["second"].module, found["second"].target) == ("package.tools.first", "Two")


@pytest.mark.parametrize("argument", ["least=LEAST + 1", "least=FEW", "least=unknown", "least=f()"])
def test_other_arguments_are_refused_with_their_line(folder, argument):
    (folder / "first.py").write_text(FIRST.replace("least=LEAST", argument))
    with pytest.raises(ConfigurationError, match=r"first\.py:10: expected literals .* found "):
        reading.decorated("tool", "tools")


@pytest.mark.parametrize("other", ["tools", "more"])
def test_a_name_is_given_once_in_all_folders(folder, other):
    (folder.parent / other).mkdir(exist_ok=True)
    (folder.parent / other / "second.py").write_text('@tool("first")\ndef again(): ...\n')
    expected = r"second\.py:1: .*found 'first', which package\.tools\.first has"
    with pytest.raises(ConfigurationError, match=expected):
        reading.decorated("tool", "tools", "more")
