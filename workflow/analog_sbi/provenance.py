"""What a job's code is: a digest over a script and every module of this package it imports.

Snakemake compares the script's own file but not what it imports. Rules therefore carry this
digest in their params, so that an edit anywhere in the closure reruns them and a touch does not.
"""

from __future__ import annotations

import ast
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parent
WORKFLOW = PACKAGE.parent


def code_digest(script: str | Path, *modules: str) -> str:
    """Digest of a script, of dotted ``modules`` it loads by name, and of all they import."""
    todo = [Path(script), *(_locate(name) for name in modules)]
    missing = [name for name, path in zip((script, *modules), todo, strict=True) if path is None]
    if missing:
        raise FileNotFoundError(f"no module {missing[0]} below {PACKAGE}")
    seen: set[Path] = set()
    while todo:
        path = todo.pop().resolve()
        if path not in seen:
            seen.add(path)
            todo += imported_modules(path)
    digest = hashlib.sha256()
    for path in sorted(seen):
        digest.update(path.relative_to(WORKFLOW.resolve()).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


@cache
def imported_modules(path: Path) -> tuple[Path, ...]:
    """Files of this package that a Python file imports, at any depth of its code."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes(), filename=str(path))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    found = {_locate(part) for name in names for part in _parents(name)}
    return tuple(sorted(path for path in found if path))


def config_digest(value: Any) -> str:
    """Digest of plain configuration values, independent of the order of keys."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[: end + 1]) for end in range(len(parts))]


def _locate(name: str) -> Path | None:
    """File of a dotted module of this package, None for anything else."""
    parts = name.split(".")
    if parts[0] != PACKAGE.name:
        return None
    base = PACKAGE.joinpath(*parts[1:])
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None
