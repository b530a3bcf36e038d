"""What was read of Python files, kept by their content for the processes after this one.

To parse the library takes a second, and every start of Snakemake and of a job needs its digests.
Entries stand in one file of the user's cache folder (``$XDG_CACHE_HOME``, else ``~/.cache``), by
the SHA-256 of a file's bytes. The file's name has the version of Python and a digest of the code
that reads, so that neither is ever asked for what another one found. It is replaced at once or not
at all; without a folder that can be written, or a file that can be read, all is read anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

LARGEST = 5000  # entries that are kept, the newest

Entry = tuple[str, tuple[str, ...]]
"""Digest of a file's syntax tree, and the dotted names that it imports."""


@dataclass
class CodeCache:
    """Entries of one file, None for none; ``read`` makes an entry of the bytes of a Python file."""

    path: Path | None
    read: Callable[[bytes], Entry]
    _entries: dict[str, Entry] | None = None
    _new: dict[str, Entry] = field(default_factory=dict)

    def entry(self, content: bytes) -> Entry:
        """Entry of a file's bytes; raises what ``read`` does."""
        if self._entries is None:
            self._entries = self._stored()
        key = hashlib.sha256(content).hexdigest()
        if key not in self._entries:
            self._entries[key] = self._new[key] = self.read(content)
        return self._entries[key]

    def save(self) -> None:
        """Write what is new, beside what other processes wrote meanwhile."""
        if not self._new or self.path is None:
            return
        entries = list({**self._stored(), **self._new}.items())[-LARGEST:]
        self._new.clear()
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=self.path.parent) as folder:
                written = Path(folder, self.path.name)
                written.write_text(json.dumps(dict(entries)))
                written.replace(self.path)

    def _stored(self) -> dict[str, Entry]:
        """Entries of the file; none of one that is not there or damaged."""
        try:
            content = json.loads(self.path.read_bytes()) if self.path else {}
            return {
                str(key): (str(digest), tuple(map(str, names)))
                for key, (digest, names) in content.items()
            }
        except (OSError, ValueError, TypeError, AttributeError):
            return {}


def cache_file(readers: Sequence[Path]) -> Path | None:
    """File for what the modules ``readers`` read with this Python; None without a home."""
    own = hashlib.sha256(b"\0".join(path.read_bytes() for path in readers)).hexdigest()[:12]
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return None
    return folder / "analog_sbi" / f"code-{sys.implementation.cache_tag}-{own}.json"
