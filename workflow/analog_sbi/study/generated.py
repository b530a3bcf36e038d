"""Files of ``config/`` that are made of the typed models: for editors and for readers."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from analog_sbi.study import guide, schema


def contents(folder: Path) -> dict[str, str]:
    """Contents by file name; ``folder`` holds config.yaml, whose values the page shows."""
    shipped = yaml.safe_load((folder / "config.yaml").read_text())
    return {
        "schema.json": json.dumps(schema.partial(), indent=1) + "\n",
        "README.md": guide.text(shipped),
    }
