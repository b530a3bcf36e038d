"""The digest of a job's code follows its imports, and nothing else."""

import pytest

from analog_sbi import provenance
from analog_sbi.provenance import code_digest, config_digest


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package in which script a imports x, x imports y, and script b imports z."""
    folder = tmp_path / "analog_sbi"
    (folder / "deep").mkdir(parents=True)
    files = {
        "__init__.py": "",
        "x.py": "def f():\n    from analog_sbi.deep import y\n",
        "deep/__init__.py": "",
        "deep/y.py": "value = 1\n",
        "z.py": "",
        "../a.py": "import analog_sbi.x\nimport json\n",
        "../b.py": "from analog_sbi import z\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    monkeypatch.setattr(provenance, "PACKAGE", folder)
    monkeypatch.setattr(provenance, "WORKFLOW", tmp_path)
    provenance.imported_modules.cache_clear()
    return tmp_path


def digests(package):
    provenance.imported_modules.cache_clear()
    return code_digest(package / "a.py"), code_digest(package / "b.py")


def test_an_edit_deep_in_the_imports_changes_the_digest(package):
    before = digests(package)
    (package / "analog_sbi/deep/y.py").write_text("value = 2\n")
    after = digests(package)
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_a_touch_changes_nothing(package):
    before = digests(package)
    (package / "a.py").touch()
    assert digests(package) == before


def test_modules_loaded_by_name_count(package):
    before = code_digest(package / "b.py", "analog_sbi.x")
    assert before != code_digest(package / "b.py")
    with pytest.raises(FileNotFoundError, match=r"analog_sbi\.missing"):
        code_digest(package / "b.py", "analog_sbi.missing")


def test_configurations_compare_by_value():
    assert config_digest({"a": 1, "b": [1, 2]}) == config_digest({"b": [1, 2], "a": 1})
    assert config_digest({"a": 1}) != config_digest({"a": 2})
