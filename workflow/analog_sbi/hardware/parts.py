"""Measurements of an unfinished job, kept as they come in.

A file of lines: the first names the call, each further one holds the signals of one parameter
set, their bytes as text. Lines are written at once after each measurement; what a killed process
left half-written is ignored, what is missing is not kept. The same call (settings, calibration,
parameters, state of the random generator) finds its file again and goes on from there.
Shapes: N parameter sets.
"""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def call_key(
    settings: Mapping[str, Any],
    calibration: pd.DataFrame,
    parameters: np.ndarray,
    generator: np.random.Generator,
) -> str:
    """Digest of what makes a call: two equal calls have the same."""
    digest = hashlib.sha256()
    state = generator.bit_generator.state
    digest.update(json.dumps([dict(settings), state], sort_keys=True, default=str).encode())
    digest.update(calibration.to_json().encode())
    digest.update(np.ascontiguousarray(parameters, dtype=float).tobytes())
    return digest.hexdigest()


Kind = tuple[str, Sequence[int]]
"""Type and shape of a signal of one parameter set."""


class Parts:
    """The file of one call; without a folder nothing is kept."""

    def __init__(self, folder: str | Path | None, key: str, kinds: Mapping[str, Kind]) -> None:
        """Open the file of the call ``key`` below ``folder``, for signals of these kinds."""
        self.path = None if folder is None else Path(folder) / f"{key[:24]}.jsonl"
        self.kinds = {
            name: (np.dtype(dtype), tuple(shape)) for name, (dtype, shape) in kinds.items()
        }
        signals = {name: [str(dtype), list(shape)] for name, (dtype, shape) in self.kinds.items()}
        self.header: dict[str, Any] = {"key": key, "signals": signals}
        self._count = 0

    def load(self) -> dict[int, dict[str, np.ndarray]]:
        """Signals that an earlier call measured, by the number of the parameter set."""
        if self.path is None or not self.path.exists():
            return {}
        lines = self.path.read_bytes().split(b"\n")
        complete = lines[:-1]  # what follows the last line break is not a whole line
        if not complete or json.loads(complete[0]) != self.header:
            self.remove()
            return {}
        if lines[-1]:
            os.truncate(self.path, len(b"\n".join(complete)) + 1)
        entries = map(json.loads, complete[1:])
        found = {
            entry["index"]: {
                name: np.frombuffer(base64.b64decode(entry[name]), dtype).reshape(shape)
                for name, (dtype, shape) in self.kinds.items()
            }
            for entry in entries
        }
        logging.info("%s: going on after %d measurements", self.path, len(found))
        self._count = len(found)
        return found

    def append(self, index: int, signals: Mapping[str, np.ndarray]) -> None:
        """Keep the signals of a parameter set, none of which is missing."""
        self._count += 1
        if self.path is None:
            return
        if not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._write(self.header)
        own = {
            name: base64.b64encode(np.ascontiguousarray(signals[name], dtype).tobytes()).decode()
            for name, (dtype, _) in self.kinds.items()
        }
        self._write({"index": index, **own})

    def kept(self, total: int) -> str:
        """Words for how many of all measurements are there."""
        measured = f"{self._count} of {total} measurements"
        return f"{measured} are kept in {self.path}" if self.path else f"{measured} were made"

    def remove(self) -> None:
        """Forget the call, which is complete or of another kind."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _write(self, entry: Mapping[str, Any]) -> None:
        if self.path is not None:
            with self.path.open("a") as file:
                file.write(json.dumps(entry) + "\n")
