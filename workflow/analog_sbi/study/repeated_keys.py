"""Keys that stand twice in a file of the configuration, of which YAML takes the last in silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from analog_sbi.errors import ConfigurationError

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def check_once(paths: Iterable[str | Path]) -> None:
    """Raise ConfigurationError if a mapping of one of the files (YAML or JSON) repeats a key.

    Files that are not there or are no YAML are left to who loads them.
    """
    for path in paths:
        try:
            root = yaml.compose(Path(path).read_text(), Loader=LOADER)
        except (OSError, ValueError, yaml.YAMLError):
            continue
        for name, lines in _repeated(root):
            raise ConfigurationError(
                f"{path}: {name}: expected once, found in lines {lines[0]} and {lines[1]}"
            )


def _repeated(root: yaml.Node | None) -> Iterator[tuple[str, tuple[int, int]]]:
    """Dotted names of keys that are repeated, and the lines of the first two."""
    todo: list[tuple[tuple[str, ...], yaml.Node | None]] = [((), root)]
    done: set[int] = set()
    while todo:
        path, node = todo.pop()
        if node is None or id(node) in done:  # an alias
            continue
        done.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            todo += [((*path, str(index)), part) for index, part in enumerate(node.value)]
        elif isinstance(node, yaml.MappingNode):
            lines: dict[tuple[str, str], int] = {}
            for key, value in node.value:
                name, line = (*path, str(key.value)), key.start_mark.line + 1
                # Several merges (<<) are several values.
                if isinstance(key, yaml.ScalarNode) and not key.tag.endswith(":merge"):
                    own = (key.tag, key.value)
                    if own in lines:
                        yield ".".join(name), (lines[own], line)
                    lines[own] = line
                todo.append((name, value))
