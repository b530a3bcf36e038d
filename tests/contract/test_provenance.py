"""The digest of a job's code follows its imports, and nothing else."""

import pytest

from analog_sbi import provenance
from analog_sbi.provenance import code_digest, config_digest

DEEP = '''"""Module."""
value = 1

class Thing:
    """Class."""
    def method(self):
        """Method."""
        return "text"

async def wait():
    """Function."""
'''


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package in which script a imports x, x imports y, and script b imports z."""
    folder = tmp_path / "analog_sbi"
    (folder / "deep").mkdir(parents=True)
    files = {
        "__init__.py": "",
        "x.py": "def f():\n    from analog_sbi.deep import y\n",
        "deep/__init__.py": "",
        "deep/y.py": DEEP,
        "z.py": "",
        "../a.py": "import analog_sbi.x\nimport json\n",
        "../b.py": "from analog_sbi import z\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    monkeypatch.setattr(provenance, "PACKAGE", folder)
    monkeypatch.setattr(provenance, "WORKFLOW", tmp_path)
    provenance.read_code.cache_clear()
    return tmp_path


def digests(package):
    provenance.read_code.cache_clear()
    return code_digest(package / "a.py"), code_digest(package / "b.py")


def test_an_edit_deep_in_the_imports_changes_the_digest(package):
    before = digests(package)
    (package / "analog_sbi/deep/y.py").write_text(DEEP.replace("1", "2"))
    after = digests(package)
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_a_touch_changes_nothing(package):
    before = digests(package)
    (package / "a.py").touch()
    assert digests(package) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("value = 1", "# why\nvalue = 1  # what"),
        ("value = 1", "\n\nvalue  =  1\n"),
        ("value = 1", "value = (1)"),
        ('"text"', "'text'"),
        *((f'"""{name}."""', '"""Other."""') for name in ("Module", "Class", "Method", "Function")),
        ('"""Module."""', "# none"),
    ],
)
def test_prose_and_layout_change_nothing(package, old, new):
    before = digests(package)
    assert old in DEEP
    (package / "analog_sbi/deep/y.py").write_text(DEEP.replace(old, new))
    assert digests(package) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("value = 1", "value = 1.0"),
        ("value", "values"),
        ('"text"', '"Text"'),
        ("async def", "def"),
        ('"""Function."""', '"""Function."""\n    """Text."""'),
    ],
)
def test_code_and_text_that_is_no_docstring_count(package, old, new):
    before = digests(package)
    (package / "analog_sbi/deep/y.py").write_text(DEEP.replace(old, new))
    assert digests(package)[0] != before[0]


@pytest.mark.parametrize("test", ["TYPE_CHECKING", "typing.TYPE_CHECKING"])
def test_imports_for_type_checkers_are_no_dependencies(package, test):
    text = f"import typing\nfrom typing import TYPE_CHECKING\nif {test}:\n    {{}}\n{{}}"
    script = package / "b.py"
    found = []
    for first, last in [("import analog_sbi.x", ""), ("import analog_sbi.z", "")]:
        script.write_text(text.format(first, last))
        found.append(digests(package)[1])
    assert found[0] == found[1]
    script.write_text(text.format("pass", "else:\n    import analog_sbi.x\n"))
    before = digests(package)[1]
    assert before != found[0]
    (package / "analog_sbi/deep/y.py").write_text("value = 2\n")
    assert digests(package)[1] != before


def test_modules_loaded_by_name_count(package):
    before = code_digest(package / "b.py", "analog_sbi.x")
    assert before != code_digest(package / "b.py")
    with pytest.raises(FileNotFoundError, match=r"analog_sbi\.missing"):
        code_digest(package / "b.py", "analog_sbi.missing")


def test_configurations_compare_by_value():
    assert config_digest({"a": 1, "b": [1, 2]}) == config_digest({"b": [1, 2], "a": 1})
    assert config_digest({"a": 1}) != config_digest({"a": 2})
