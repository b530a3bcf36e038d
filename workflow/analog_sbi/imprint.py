"""Figures and texts that tell who made them: facts and a checksum, out of the reader's sight.

In SVG, HTML and Markdown they are a comment at the end, in PNG a chunk of text before the last
one, in JSON an entry of the outermost object. The checksum is of all the rest and of the facts,
so that an edited or damaged file is told from one that is as it was written.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

NAME = "analog_sbi"
COMMENT = re.compile(rb"<!-- analog_sbi (\{.*\}) -->\n\Z")
SIGNATURE = b"\x89PNG\r\n\x1a\n"
LAST = b"IEND"
KEYWORD = NAME.encode() + b"\0"
COMMENTED = (".svg", ".html", ".md")
KINDS = (*COMMENTED, ".png", ".json")
"""Suffixes of the files that can carry an imprint."""

Facts = Mapping[str, Any]


def imprinted(content: bytes, suffix: str, facts: Facts) -> bytes:
    """Content of a file with facts and a checksum; raises ValueError if it is none of its kind."""
    if suffix not in KINDS:
        raise ValueError(f"expected one of {', '.join(KINDS)}, found {suffix!r}")
    if suffix == ".json":
        content = _json(json.loads(content))
    imprint = json.dumps({"facts": facts, "checksum": _checksum(content, facts)}, sort_keys=True)
    if suffix == ".png":
        pieces = list(_chunks(content))
        text = _chunk(b"tEXt", KEYWORD + imprint.encode())
        return b"".join((SIGNATURE, *pieces[:-1], text, pieces[-1]))
    if suffix == ".json":
        return _json({**json.loads(content), NAME: json.loads(imprint)})
    # Two hyphens may not stand in a comment, and stand in no name of JSON but in strings.
    told = imprint.replace("--", "-\\u002d")
    return content + f"<!-- {NAME} {told} -->\n".encode()


def facts_of(content: bytes, suffix: str) -> dict[str, Any]:
    """Facts of a file, {} of one without; raises ValueError if it is damaged or was edited."""
    rest, imprint = _parts(content, suffix)
    if imprint is None:
        return {}
    facts = imprint["facts"]
    if imprint["checksum"] != _checksum(rest, facts):
        raise ValueError("content with another checksum: it was damaged or edited")
    return dict(facts)


def _parts(content: bytes, suffix: str) -> tuple[bytes, Any]:
    """Content without its imprint, and the imprint; None where there is none."""
    if suffix == ".png":
        pieces = list(_chunks(content))
        own = [piece for piece in pieces if piece[4:8] == b"tEXt" and piece[8:].startswith(KEYWORD)]
        rest = b"".join((SIGNATURE, *(piece for piece in pieces if piece not in own)))
        return rest, json.loads(own[0][8 + len(KEYWORD) : -4]) if own else None
    if suffix == ".json":
        whole = json.loads(content)
        imprint = whole.pop(NAME, None) if isinstance(whole, dict) else None
        return _json(whole), imprint
    if suffix == ".svg" and b"<svg" not in content:
        raise ValueError("no drawing")
    found = COMMENT.search(content)
    return (content, None) if found is None else (content[: found.start()], json.loads(found[1]))


def _checksum(content: bytes, facts: Facts) -> str:
    text = json.dumps(facts, sort_keys=True)
    return hashlib.sha256(text.encode() + b"\0" + content).hexdigest()[:16]


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()


def _chunks(content: bytes) -> Iterator[bytes]:
    """Chunks of a PNG, each with its length, type and CRC; raises ValueError if one is broken."""
    place, kind = len(SIGNATURE), b""
    if not content.startswith(SIGNATURE):
        raise ValueError("no PNG")
    while kind != LAST:
        length, kind = struct.unpack(">I4s", content[place : place + 8].ljust(8, b"\0"))
        end = place + 12 + length
        if end > len(content):
            raise ValueError("a PNG without end")
        yield content[place:end]
        place = end


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
