"""What decorators say of functions and classes, read from files without importing them.

So rules and the configuration know what there is without waiting for torch, and whatever has
the decorator is found.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from analog_sbi.errors import ConfigurationError

PACKAGE = Path(__file__).parent


@dataclass(frozen=True)
class Decorated:
    """A function or class ``target`` of a dotted ``module``, and the arguments of its decorator."""

    name: str
    module: str
    target: str
    settings: dict[str, Any]

    def load(self) -> Any:
        """The function or class itself."""
        return getattr(import_module(self.module), self.target)


def decorated(decorator: str, *folders: str) -> dict[str, Decorated]:
    """Decorated functions and classes in folders of this package, by the name they are given.

    The name is the decorator's first argument. Arguments are literals, or constants of the same
    file that are; raises ConfigurationError naming the line of another one, or of a name that
    another file gives, too.
    """
    found: dict[str, Decorated] = {}
    for path in (path for folder in folders for path in sorted((PACKAGE / folder).glob("*.py"))):
        content = path.read_bytes()
        if f"@{decorator}(".encode() not in content:
            continue
        constants: dict[str, ast.expr] = {}
        for node in ast.parse(content, filename=str(path)).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                constants[node.targets[0].id] = node.value
            for call in getattr(node, "decorator_list", ()):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") == decorator:
                    one = _read(path, call, constants, getattr(node, "name"))  # noqa: B009
                    if one.name in found:
                        raise ConfigurationError(
                            f"{path}:{call.lineno}: expected a name of its own for @{decorator}, "
                            f"found {one.name!r}, which {found[one.name].module} has"
                        )
                    found[one.name] = one
    return found


def _read(path: Path, call: ast.Call, constants: dict[str, ast.expr], target: str) -> Decorated:
    def value(node: ast.expr) -> Any:
        known = constants.get(node.id, node) if isinstance(node, ast.Name) else node
        try:
            return ast.literal_eval(known)
        except ValueError as error:
            raise ConfigurationError(
                f"{path}:{node.lineno}: expected literals or constants of the file as arguments of "
                f"a decorator that is read without importing, found {ast.unparse(node)}"
            ) from error

    module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
    settings = {str(keyword.arg): value(keyword.value) for keyword in call.keywords}
    return Decorated(value(call.args[0]), module, target, settings)
