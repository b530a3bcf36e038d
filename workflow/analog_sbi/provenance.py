"""What a job's code is: a digest over a script and every module of this package it imports.

Snakemake compares the script's own file but not what it imports. Rules therefore carry this
digest in their params, so that an edit anywhere in the closure reruns them and a touch does not.
It is over syntax trees: comments, docstrings and layout change nothing, nor do imports that only
a type checker sees.
"""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path, PurePath
from typing import Any

from analog_sbi.code_cache import CodeCache, Entry, cache_file
from analog_sbi.errors import ConfigurationError

PACKAGE = Path(__file__).parent
WORKFLOW = PACKAGE.parent


@dataclass(frozen=True)
class Code:
    """A Python file: digest of its syntax tree, and the files of this package that it imports."""

    digest: bytes
    imported: tuple[Path, ...]


def version() -> str:
    """Version of this package: of the checkout that it is in, else as it was installed."""
    stated = WORKFLOW.parent / "pyproject.toml"
    if stated.is_file():
        return str(tomllib.loads(stated.read_text())["project"]["version"])
    return metadata.version(PACKAGE.name.replace("_", "-"))


def commit(folder: str | Path) -> str:
    """Commit of a checkout, with -dirty where files are changed; "none" outside of git."""
    command = ["git", "-C", str(folder), "describe", "--always", "--abbrev=12", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return "none"
    return done.stdout.strip()


def code_digest(script: str | Path, *modules: str, called: str | None = None) -> str:
    """Digest of a script, of dotted ``modules`` it loads by name, and of all they import.

    ``called`` is the script's path in the study where the file is a copy elsewhere. Raises
    FileNotFoundError if there is no such module in this package.
    """
    start = Path(script).resolve()
    todo = [start]
    for name in modules:
        module = _locate(name)
        if module is None:
            raise FileNotFoundError(f"no module {name} below {PACKAGE}")
        todo.append(module)
    closure: dict[Path, Code] = {}
    while todo:
        path = todo.pop()
        if path not in closure:
            closure[path] = read_code(path)
            todo += closure[path].imported
    code_cache().save()
    names = {path: _name(path) for path in closure if called is None or path != start}
    names |= {start: PurePath(called)} if called else {}
    digest = hashlib.sha256()
    for path in sorted(closure, key=names.__getitem__):
        digest.update(names[path].as_posix().encode() + b"\0")
        digest.update(closure[path].digest)
    return digest.hexdigest()[:12]


def _name(path: Path) -> PurePath:
    return path.relative_to(WORKFLOW.resolve())


@cache
def read_code(path: Path) -> Code:
    """Read a Python file; what it imports counts at any depth of its code."""
    try:
        digest, names = code_cache().entry(path.read_bytes())
    except SyntaxError as error:
        error.filename = str(path)
        raise
    files = {_locate(part) for name in names for part in _parents(name)}
    return Code(bytes.fromhex(digest), tuple(sorted(path for path in files if path)))


@cache
def code_cache() -> CodeCache:
    """What this and other processes read of Python files."""
    own = Path(__file__)
    return CodeCache(cache_file([own, own.with_name("code_cache.py")]), _entry)


def _entry(content: bytes) -> Entry:
    """Digest of the syntax tree of a Python file, and what it imports of this package."""
    tree = _Executed().visit(ast.parse(content))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    own = {name for name in names if name.split(".")[0] == PACKAGE.name}
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), tuple(sorted(own))


def config_digest(value: Any) -> str:
    """Digest of plain configuration values, independent of the order of keys."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def file_digest(path: str | Path) -> str:
    """Digest of a file: of the syntax tree of Python, of the bytes of anything else.

    Raises ConfigurationError if there is no such file or it is no Python.
    """
    try:
        if Path(path).exists() and not Path(path).is_file():  # a pipe or a device may never end
            kind = "a folder" if Path(path).is_dir() else "no regular file"
            raise ConfigurationError(f"{path}: expected a file to read, found {kind}")
        content = Path(path).read_bytes()
        tree = Path(path).suffix == ".py" and _Executed().visit(ast.parse(content))
    except OSError as error:
        raise ConfigurationError(f"{path}: expected a file to read, found {error}") from error
    except (SyntaxError, ValueError) as error:
        raise ConfigurationError(f"{path}: expected Python, found {error}") from error
    return hashlib.sha256(ast.dump(tree).encode() if tree else content).hexdigest()[:12]


class _Executed(ast.NodeTransformer):
    """Leaves of a tree what runs: no docstrings, no branches for type checkers."""

    def visit_Module(self, node: ast.Module) -> ast.AST:
        return self._without_docstring(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._without_docstring(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._without_docstring(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._without_docstring(node)

    def visit_If(self, node: ast.If) -> Any:
        self.generic_visit(node)
        return node.orelse if _for_type_checkers(node.test) else node

    def _without_docstring(self, node: Any) -> ast.AST:
        if ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
        return self.generic_visit(node)


def _for_type_checkers(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
    return name == "TYPE_CHECKING"


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]


@cache
def _locate(name: str) -> Path | None:
    """Real file of a dotted module of this package, None for anything else."""
    parts = name.split(".")
    if parts[0] != PACKAGE.name:
        return None
    base = PACKAGE.joinpath(*parts[1:])
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate.resolve()
    return None
