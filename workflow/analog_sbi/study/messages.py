"""What is wrong with a configuration in one line: the key, what was expected, what was found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from analog_sbi.errors import ConfigurationError
from analog_sbi.study.values import REFUSED, UNKNOWN

DEEPEST = 12
"""Levels of lists and mappings below one another, more than any configuration has."""
LONGEST = 80
"""Characters of a value that are told."""

EXPECTED = {
    "int_type": "integer",
    "int_from_float": "integer",
    "float_type": "number",
    "finite_number": "finite number",
    "string_type": "string",
    "string_unicode": "string",
    "bool_type": "true or false",
    "dict_type": "object",
    "model_type": "object",
    "tuple_type": "array",
    "greater_than_equal": "at least {ge:g}",
    "greater_than": "more than {gt:g}",
    "less_than_equal": "at most {le:g}",
    "less_than": "less than {lt:g}",
    "too_short": "at least {min_length} entries",
    "too_long": "at most {max_length} entries",
    "string_too_short": "at least {min_length} character",
    "string_pattern_mismatch": "a name like {pattern}",
    REFUSED: "{expected}",
}


def plain(value: Any, *key: str | int) -> Any:
    """Copy a configuration into plain dictionaries and lists.

    Raises ConfigurationError for keys that are no printable text, for what is nested too deep (as
    a YAML alias of itself), for integers that no computer counts with and for dates and bytes.
    """
    if len(key) > DEEPEST:
        raise ConfigurationError(f"{dotted(key)}: expected at most {DEEPEST} levels, found more")
    if isinstance(value, Mapping):
        for name in value:
            if not isinstance(name, str) or not name.isprintable() or not name:
                place = f"{dotted(key)}: " if key else ""
                raise ConfigurationError(f"{place}expected names as keys, found {short(name)}")
        return {name: plain(part, *key, name) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part, *key, index) for index, part in enumerate(value)]
    if isinstance(value, int) and value.bit_length() > 63:
        raise ConfigurationError(
            f"{dotted(key)}: expected a number below 2^63, found one of {value.bit_length()} bits"
        )
    if not isinstance(value, str | int | float | None):
        raise ConfigurationError(
            f"{dotted(key)}: expected text or a number, found {short(value)}; YAML takes it for a "
            f"{type(value).__name__} without quotes"
        )
    return value


def refused(error: ValidationError, config: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Describe the first thing that is wrong, an unknown key before all others.

    ``schema`` is the JSON schema of what was validated, which tells meanings and units.
    """
    errors = error.errors(include_url=False, include_input=False)
    first = next((e for e in errors if e["type"] == UNKNOWN), errors[0])
    context = first.get("ctx", {})
    key = tuple(_places((*first["loc"], *context.get("key", ())), config))
    if first["type"] == UNKNOWN:
        return _unknown(key, schema)
    meaning = _meaning(key, schema)
    if first["type"] == "missing":
        return f"{dotted(key)}: missing; expected {meaning or 'a value'}"
    value = value_at(config, key)
    expected = _expected(first["type"], context, first["msg"])
    hint = near(value, context["names"]) if "names" in context else ""
    if _is_power(expected, value):
        hint = "; YAML takes it for text without a point: 1.0e-4"
    told = f" ({meaning})" if meaning else ""
    return f"{dotted(key)}: expected {expected}{told}, found {short(value)}{hint}"


def dotted(key: Sequence[str | int]) -> str:
    """Write a key as ``experiments.tau_2d.rounds[1]``."""
    text = ""
    for part in key:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if re.fullmatch(r"[\w.-]+", part) else repr(part)
            text += f".{name}" if text else name
    return text


def short(value: Any) -> str:
    """A value as text of one line, cut where it is long."""
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def near(name: Any, names: Sequence[str]) -> str:
    """A question for a name that was possibly meant, as end of a message; or nothing."""
    match = get_close_matches(str(name), names, n=1)
    return f" (did you mean {match[0]}?)" if match else ""


def value_at(config: Any, key: Sequence[str | int]) -> Any:
    """Value that stands at a key of a configuration, None for a key that is left out."""
    for part in key:
        if isinstance(config, Mapping):
            config = config.get(part)
        elif isinstance(config, list) and isinstance(part, int) and part < len(config):
            config = config[part]
        else:
            return None
    return config


def _places(location: Sequence[str | int], config: Any) -> Iterator[str | int]:
    """Parts of a location that the user wrote: no ``position`` where a list stands for it."""
    for part in location:
        if part == "[key]" or (isinstance(part, str) and not isinstance(config, Mapping)):
            continue
        yield part
        config = value_at(config, [part])


def _unknown(key: Sequence[str | int], schema: Mapping[str, Any]) -> str:
    *parents, name = key
    *_, part = steps(parents, schema)
    names = [own for branch in branches(part, schema) for own in branch.get("properties", {})]
    return f"{dotted(key)}: unknown key; expected one of {', '.join(names)}{near(str(name), names)}"


def _expected(kind: str, context: Mapping[str, Any], message: str) -> str:
    if kind == "literal_error":
        return f"one of {context['expected'].replace(' or ', ', ').replace(chr(39), '')}"
    return EXPECTED[kind].format(**context) if kind in EXPECTED else message


def _is_power(expected: str, value: Any) -> bool:
    number = r"[-+]?\d+[eE][-+]?\d+"
    return expected in ("number", "integer") and bool(re.fullmatch(number, str(value)))


def _meaning(key: Sequence[str | int], schema: Mapping[str, Any]) -> str:
    """Meaning of the innermost part of a key that has one, with its unit."""
    meaning = ""
    for part in steps(key, schema):
        if "description" in part:
            unit = f", in {part['unit']}" if "unit" in part else ""
            meaning = part["description"].splitlines()[0].rstrip(".") + unit
    return meaning


def steps(key: Sequence[str | int], schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Parts of a JSON schema on the way to a key, the whole first."""
    part: Mapping[str, Any] = schema
    yield part
    for name in key:
        inner = next((p for b in branches(part, schema) if (p := _child(b, name))), None)
        if inner is None:
            return
        part = resolved(inner, schema)
        yield part


def resolved(part: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Part of a schema with what it refers to; what stands beside the reference comes first."""
    if "$ref" not in part:
        return part
    definition = schema["$defs"][part["$ref"].rpartition("/")[2]]
    return {**definition, **{k: v for k, v in part.items() if k != "$ref"}}


def branches(part: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Alternatives of a part of a schema, or the part alone."""
    return [resolved(one, schema) for one in part.get("anyOf", [part])]


def _child(part: Mapping[str, Any], name: str | int) -> Mapping[str, Any] | None:
    if isinstance(name, int):
        prefix = part.get("prefixItems", [])
        return prefix[name] if name < len(prefix) else part.get("items")
    if name in part.get("properties", {}):
        return part["properties"][name]
    patterns = part.get("patternProperties", {})
    return next(iter(patterns.values()), None) or part.get("additionalProperties") or None
