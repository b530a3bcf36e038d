"""The digest of a job's code follows its imports, and nothing else."""

import pytest

from analog_sbi import provenance
from analog_sbi.code_cache import CodeCache, cache_file
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
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    forget()
    yield tmp_path
    monkeypatch.undo()
    forget()


def forget():
    """As in a new process."""
    for known in (provenance.read_code, provenance.code_cache, provenance._locate):
        known.cache_clear()


def digests(package):
    forget()
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


# --- what processes keep for each other


def kept(package):
    (path,) = (package / "cache/analog_sbi").iterdir()
    return path


def test_what_was_read_is_not_parsed_again_by_the_next_process(package, monkeypatch):
    before = digests(package)
    with monkeypatch.context() as patch:
        patch.setattr(provenance, "_entry", None)
        assert digests(package) == before
        (package / "analog_sbi/z.py").write_text("value = 1")
        with pytest.raises(TypeError):
            digests(package)
    changed = digests(package)
    assert changed[0] == before[0]
    assert changed[1] != before[1]
    (package / "analog_sbi/z.py").write_text("")
    assert digests(package) == before


def test_imports_are_looked_for_anew(package):
    """A module that is there only now, of a file that is as it was."""
    (package / "b.py").write_text("from analog_sbi import late\n")
    before = digests(package)
    (package / "analog_sbi/late.py").write_text("value = 1")
    assert digests(package)[1] != before[1]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"a": 1}', b'{"a": ["b"]}', b"\xff\xfe", b"null"]
)
def test_a_damaged_cache_is_no_cache(package, content):
    before = digests(package)
    whole = kept(package).read_bytes()
    kept(package).write_bytes(content)
    assert digests(package) == before
    assert kept(package).read_bytes() == whole


def test_digests_need_no_cache(package, monkeypatch):
    """A file stands where the folder would be, or there is no home."""
    expected = digests(package)
    monkeypatch.setenv("XDG_CACHE_HOME", str(package / "a.py"))
    assert digests(package) == expected
    monkeypatch.setenv("XDG_CACHE_HOME", "")

    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(provenance.Path, "home", homeless)
    assert digests(package) == expected


def test_processes_keep_what_others_wrote_meanwhile(package):
    path = package / "cache/one.json"
    one, other = (CodeCache(path, lambda content: (content.decode(), ())) for _ in range(2))
    for cache, content in ((one, b"1"), (other, b"2")):
        assert cache.entry(content) == (content.decode(), ())
    one.save()
    other.save()
    third = CodeCache(path, lambda content: ("anew", ()))
    assert [third.entry(content)[0] for content in (b"1", b"2", b"3")] == ["1", "2", "anew"]
    assert [file.name for file in path.parent.iterdir()] == ["one.json"]


def test_a_change_of_what_reads_begins_anew(tmp_path):
    """An entry says what this code made of a file, not what another version did."""
    reader = tmp_path / "reader.py"
    reader.write_text("one")
    before = cache_file([reader])
    assert cache_file([reader]) == before
    reader.write_text("two")
    assert cache_file([reader]) != before
