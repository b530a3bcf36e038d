"""The configuration as a JSON schema: whole for messages, and partial for editors."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from analog_sbi.study.typed import Study
from analog_sbi.study.vocabulary import own_sections

TITLE = "Configuration of analog-sbi, or an overlay on config/config.yaml"


@cache
def whole() -> dict[str, Any]:
    """JSON schema of a whole configuration, with descriptions and units."""
    schema = shipped()
    own = {name: _own_section(name) for name in own_sections()}
    return schema | {
        "properties": own | schema["properties"],
        "additionalProperties": False,
    }


def shipped() -> dict[str, Any]:
    """The same whatever backends are added: a section that is not known may be of one."""
    return Study.model_json_schema() | {"additionalProperties": _own_section("of your own")}


def partial() -> dict[str, Any]:
    """JSON schema of overlays, in which nothing is required; units stand in descriptions."""
    draft = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {**draft, **_optional(shipped()), "title": TITLE}


def _own_section(backend: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": f"settings of the backend {backend}, which it checks itself",
    }


def _optional(part: Any, names: bool = False) -> Any:
    """Part of a schema without what is required; ``names``: its keys are names of settings."""
    if isinstance(part, list):
        return [_optional(entry) for entry in part]
    if not isinstance(part, Mapping):
        return part
    inner = {
        key: _optional(value, names=key in ("properties", "$defs", "patternProperties"))
        for key, value in part.items()
        if names or key not in ("required", "title", "unit")
    }
    if not names and "patternProperties" in part:
        inner["additionalProperties"] = False
    if not names and "unit" in part and "description" in part:
        inner["description"] = f"{part['description']}, in {part['unit']}"
    return inner
