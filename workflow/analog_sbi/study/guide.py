"""``config/README.md``: how to write a configuration, and every key as tables from the schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from analog_sbi.study import schema
from analog_sbi.study.messages import branches, resolved, value_at

INTRODUCTION = Path(__file__).with_name("introduction.md")
GENERATED = "<!-- Written by `python -m analog_sbi.study`; edit analog_sbi/study instead. -->"
ENTRIES = {"targets": "Each entry is a list of numbers, which is its position, or has these keys."}
KINDS = {"integer": "integer", "number": "number", "string": "text", "boolean": "true or false"}
BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
}


class Row(NamedTuple):
    """A key of a section, as a row of its table; ``default`` is None where there is none."""

    key: str
    meaning: str
    unit: str
    allowed: str
    default: str


def text(shipped: Mapping[str, Any]) -> str:
    """The whole page; ``shipped`` is the content of ``config/config.yaml``."""
    whole = schema.shipped()
    parts = [GENERATED, INTRODUCTION.read_text().strip(), "## Every key"]
    parts.append("Defaults are the values of config.yaml, or hold where an entry does not say.")
    properties = {name: resolved(part, whole) for name, part in whole["properties"].items()}
    single = {name: part for name, part in properties.items() if not _is_section(part)}
    rows = [_row(name, part, whole, shipped.get(name)) for name, part in single.items()]
    parts += ["### The study as a whole", _table(rows)]
    for name, part in properties.items():
        if _is_section(part):
            parts += _section(name, part, whole, shipped.get(name))
    return "\n\n".join(parts) + "\n"


def _section(
    name: str, part: Mapping[str, Any], whole: Mapping[str, Any], shipped: Any
) -> Iterator[str]:
    yield f"### {name}"
    meaning = " ".join(part["description"].replace("``", "`").split())
    end = "" if meaning.endswith((".", "?")) else "."
    yield f"{meaning[0].upper()}{meaning[1:]}{end}"
    if "properties" in part:
        yield _table(list(_rows("", part, whole, shipped)))
    elif "patternProperties" in part:
        (pattern,) = part["patternProperties"]
        if name in ENTRIES:
            yield ENTRIES[name]
        entries = branches(part["patternProperties"][pattern], whole)
        (entry,) = (one for one in entries if "properties" in one)
        yield _table(list(_rows("", entry, whole, None)))
        yield f"Names of entries are like `{pattern}`."


def _rows(
    prefix: str, part: Mapping[str, Any], whole: Mapping[str, Any], shipped: Any
) -> Iterator[Row]:
    for name, inner in part["properties"].items():
        below = resolved(inner, whole)
        value = value_at(shipped, [name])
        if "properties" in below:
            yield from _rows(f"{prefix}{name}.", below, whole, value)
        else:
            yield _row(f"{prefix}{name}", below, whole, value)


def _row(key: str, part: Mapping[str, Any], whole: Mapping[str, Any], shipped: Any) -> Row:
    value = part.get("default") if shipped is None else shipped
    there = value is not None or "default" in part or _may_be_null(part, whole)
    return Row(
        key,
        part.get("description", "").splitlines()[0],
        part.get("unit", ""),
        " or ".join(_allowed(one, whole) for one in branches(part, whole)),
        f"`{_plain(value)}`" if there else "",
    )


def _allowed(part: Mapping[str, Any], whole: Mapping[str, Any], many: bool = False) -> str:
    """Values that a part of the schema allows in words; ``many``: as entries of a list."""
    if "enum" in part:
        return ", ".join(map(str, part["enum"]))
    kind = part.get("type")
    if kind == "array":
        return _list(part, whole, many)
    if kind == "null":
        return "null"
    if "properties" in part:
        return f"{{{', '.join(part['properties'])}}}"
    if kind == "object":
        inner = part.get("patternProperties", {"": part.get("additionalProperties", {})})
        (value,) = inner.values()
        each = " or ".join(_allowed(one, whole) for one in branches(value, whole))
        return f"{{name: {each}}}"
    if "pattern" in part:
        return f"text like `{part['pattern']}`"
    word = KINDS[str(kind)] + ("s" if many and kind in ("integer", "number") else "")
    bounds = ", ".join(
        form.format(f"{part[name]:g}") for name, form in BOUNDS.items() if name in part
    )
    if many:
        return f"{word} ({bounds})" if bounds else word
    return f"{word}, {bounds}" if bounds else word


def _list(part: Mapping[str, Any], whole: Mapping[str, Any], many: bool) -> str:
    if "prefixItems" in part:
        return f"[{'; '.join(_allowed(one, whole) for one in part['prefixItems'])}]"
    items = branches(resolved(part["items"], whole), whole)
    entries = " or ".join(_allowed(one, whole, many=True) for one in items)
    low, high = part.get("minItems", 0), part.get("maxItems")
    count = f"{low} " if low == high else f"{low} to {high} " if high else ""
    return f"list{'s' if many else ''} of {count}{entries}"


def _may_be_null(part: Mapping[str, Any], whole: Mapping[str, Any]) -> bool:
    return any(one.get("type") == "null" for one in branches(part, whole))


def _is_section(part: Mapping[str, Any]) -> bool:
    return part.get("type") == "object"


def _plain(value: Any) -> str:
    """A value as YAML in one line."""
    line = yaml.safe_dump(value, default_flow_style=True, width=10**6, sort_keys=False)
    return line.removesuffix("\n").removesuffix("\n...")


def _table(rows: Sequence[Row]) -> str:
    """Markdown; the column of units only where a row has one."""
    heads = Row("key", "meaning", "unit", "allowed", "default")
    united = any(row.unit for row in rows)
    coded = [row._replace(key=f"`{row.key}`") for row in rows]
    lines = [list(heads), ["---"] * len(heads), *map(list, coded)]
    if not united:
        lines = [[*line[:2], *line[3:]] for line in lines]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(content: str) -> str:
    return content.replace("|", "\\|")
