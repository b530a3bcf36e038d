"""Tables and posteriors on disk: schemas, units, checksums, atomic writes, safe loading.

Tables are parquet, wide, one row a measurement. The file's metadata holds the units of the
columns, the maker (rule, package version, digest of the settings), the lineage (see ``lineage``)
and a checksum of all this and of the values. Posteriors are ``.pt`` files of plain data, read
without unpickling objects; the same facts are an entry of their own in the archive. Figures and
texts carry them as well (see ``imprint``). Equal content gives equal bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import secrets
import socket
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
import psutil
import pyarrow
import pyarrow.parquet as pq

from analog_sbi import imprint
from analog_sbi.errors import ArtifactError
from analog_sbi.provenance import config_digest, version

METADATA_KEY = "analog_sbi"
CHECKSUM_KEY = "analog_sbi_checksum"
PLAIN_FACTS = "archive/analog_sbi.json"  # entry of a .pt file; torch reads those it knows
# What of a rule's params is no setting: digests of its code and of what it is made from.
NO_SETTINGS = ("code", "backend_code", "key", "input_keys", "key_of_a_seed")


@dataclass(frozen=True)
class Maker:
    """Who wrote an artifact: the rule, a digest of the settings it was given, and the lineage.

    ``key`` stands for everything that the artifact was made from, ``inputs`` are the keys of the
    files among it (see ``lineage``), ``of_a_seed`` is the key without the number of seeds, where
    seeds can be added (see ``members``); empty outside of a workflow.
    """

    rule: str
    digest: str
    key: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    of_a_seed: str = ""

    @classmethod
    def of(cls, rule: str, params: Mapping[str, Any]) -> Maker:
        """Name the maker by rule and params; the digest of its code is no setting."""
        settings = {name: value for name, value in params.items() if name not in NO_SETTINGS}
        inputs = dict(params.get("input_keys", {}))
        of_a_seed = params.get("key_of_a_seed", "")
        return cls(rule, config_digest(settings), params.get("key", ""), inputs, of_a_seed)

    def facts(self) -> dict[str, Any]:
        """Plain data for the metadata, with the version of this package."""
        named = {"rule": self.rule, "version": version(), "settings": self.digest}
        lineage = {"key": self.key, "inputs": dict(self.inputs)}
        lineage |= {"of_a_seed": self.of_a_seed} if self.of_a_seed else {}
        return {"maker": named, **({"lineage": lineage} if self.key else {})}


def table_schema(
    numbers: Sequence[str] = (),
    integers: Sequence[str] = (),
    strings: Sequence[str] = (),
    booleans: Sequence[str] = (),
    nullable: bool = False,
) -> pa.DataFrameSchema:
    """Schema of a table with exactly these columns; ``nullable`` allows missing numbers."""
    columns = {name: pa.Column("int64") for name in integers}
    columns |= {name: pa.Column("float64", nullable=nullable) for name in numbers}
    columns |= {name: pa.Column(nullable=nullable) for name in strings}
    columns |= {name: pa.Column("bool") for name in booleans}
    return pa.DataFrameSchema(columns, strict=True)


def write_table(
    table: pd.DataFrame,
    path: str | Path,
    schema: pa.DataFrameSchema,
    maker: Maker,
    units: Mapping[str, str] | None = None,
    **extra: Any,
) -> None:
    """Write a table after checking it against its schema, or leave the path untouched.

    ``extra`` is kept as plain data in the metadata. Raises ArtifactError on a mismatch, and where
    nothing can be written.
    """
    table = _checked(table, path, schema)
    content = pyarrow.Table.from_pandas(table, preserve_index=False)
    facts = _text({**maker.facts(), "units": dict(units or {}), **extra})
    stored = {**(content.schema.metadata or {}), METADATA_KEY.encode(): facts.encode()}
    stored[CHECKSUM_KEY.encode()] = _table_checksum(content, stored).encode()
    with replacing(path) as temporary, temporary.open("wb") as file:
        pq.write_table(content.replace_schema_metadata(stored), file)


def read_table(path: str | Path, schema: pa.DataFrameSchema | None = None) -> pd.DataFrame:
    """Read a table of this study and check it against its checksum and schema.

    Raises ArtifactError that names the file, what was expected and what was found.
    """
    table = _read_parquet(path).to_pandas()
    return table if schema is None else _checked(table, path, schema)


def read_metadata(path: str | Path) -> dict[str, Any]:
    """Metadata of an artifact: maker, lineage, units, what its writer added; {} of a foreign one.

    Raises ArtifactError if there is no such file or it is damaged.
    """
    if Path(path).suffix in imprint.KINDS:
        return _imprinted_facts(path)
    if Path(path).suffix == ".pt":
        _present(path, "a posterior")
        facts = json.loads(_plain_facts(path, path)[0])
    else:
        _present(path, "a parquet table")
        try:
            # Not read as a whole: there are tables of many millions of rows.
            stored = pq.read_schema(path, memory_map=True).metadata or {}
            facts = json.loads(stored.get(METADATA_KEY.encode(), b"{}"))
        except (pyarrow.ArrowException, OSError, ValueError) as error:
            raise _unreadable(path, "a complete parquet table", error) from error
    if not isinstance(facts, dict):
        raise ArtifactError(f"{path}: expected metadata by name, found {type(facts).__name__}")
    return facts


def write_plain(
    content: Mapping[str, Any], path: str | Path, maker: Maker | None = None, **extra: Any
) -> None:
    """Write a dictionary of tensors, numbers and strings as a ``.pt`` file.

    ``extra`` is kept as plain data beside it. Raises ArtifactError for anything else in it, and
    where nothing can be written.
    """
    import torch

    plain = _plain(dict(content), str(path))
    facts = _text({**(maker.facts() if maker else {}), **extra})
    # Of a file torch takes the archive's name from the path; in memory it is the same for all.
    buffer = io.BytesIO()
    torch.save(plain, buffer)
    with zipfile.ZipFile(buffer, "a") as archive:
        beside = {METADATA_KEY: facts, CHECKSUM_KEY: _plain_checksum(plain, facts)}
        archive.writestr(zipfile.ZipInfo(PLAIN_FACTS), _text(beside))
    with replacing(path) as temporary:
        temporary.write_bytes(buffer.getbuffer())


def read_plain(path: str | Path) -> dict[str, Any]:
    """Read a ``.pt`` file of plain data and check its checksum, without unpickling objects.

    Raises ArtifactError that names the file if it is missing, damaged or holds anything else.
    """
    import torch

    stored = _bytes(path, "a posterior")
    try:
        plain = torch.load(io.BytesIO(stored), weights_only=True, map_location="cpu")
    except Exception as error:  # torch raises many kinds for damaged files
        raise _unreadable(path, "plain data in a .pt file", error) from error
    if not isinstance(plain, dict):
        raise ArtifactError(f"{path}: expected a dictionary, found {type(plain).__name__}")
    facts, checksum = _plain_facts(path, io.BytesIO(stored))
    _verify(path, checksum, _plain_checksum(_plain(plain, str(path)), facts))
    return plain


def write_text(text: str, path: str | Path, maker: Maker | None = None) -> None:
    """Write a text file at once or not at all; with its maker if it is of a kind that carries it.

    Of Markdown, HTML and JSON a reader sees nothing of that, or an entry ``analog_sbi``.
    """
    write_bytes(text.encode(), path, maker)


def write_bytes(content: bytes, path: str | Path, maker: Maker | None = None) -> None:
    """Write a text or a picture, with its maker, at once or not at all."""
    if maker is not None:
        content = imprint.imprinted(content, Path(path).suffix, maker.facts())
    with replacing(path) as temporary:
        temporary.write_bytes(content)


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path in the same folder that becomes ``path`` when the block succeeds.

    The new file is on disk before it takes the name, and has the rights that the umask leaves.
    Temporary files of processes that have ended are removed. Raises ArtifactError if the disk is
    full or the folder cannot be written to.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(f"is a directory: {path}")
        _remove_abandoned(path)
        temporary = path.with_name(
            f".{path.name}.{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}.part"
        )
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        try:
            yield temporary
            _to_disk(temporary)
            temporary.replace(path)
            _to_disk(path.parent)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).splitlines()[0].lower()
        raise ArtifactError(f"{path}: expected to write it, found: {reason}") from error


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        if not path.is_dir():  # some file systems cannot, of folders
            raise
    finally:
        os.close(descriptor)


def _remove_abandoned(path: Path) -> None:
    """Remove what processes of this host that have ended began to write for ``path``."""
    prefix = f".{path.name}.{socket.gethostname()}-"
    for found in path.parent.iterdir():
        if found.name.startswith(prefix) and found.name.endswith(".part"):
            number = found.name[len(prefix) :].split("-")[0]
            if number.isdigit() and not psutil.pid_exists(int(number)):
                found.unlink(missing_ok=True)


def _bytes(path: str | Path, what: str) -> bytes:
    _present(path, what)
    return Path(path).read_bytes()


def _present(path: str | Path, what: str) -> None:
    """Raise ArtifactError unless there is a file to read, with something in it."""
    try:
        with Path(path).open("rb") as file:
            first = file.read(1)
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: expected {what}, found no file") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ArtifactError(f"{path}: expected {what}, found: {reason}") from error
    if not first:
        raise ArtifactError(f"{path}: expected {what}, found an empty file")


def _read_parquet(path: str | Path) -> pyarrow.Table:
    content = _bytes(path, "a parquet table")
    try:
        table = pq.ParquetFile(pyarrow.BufferReader(content)).read()
        stored = dict(table.schema.metadata or {})
        checksum = stored.pop(CHECKSUM_KEY.encode(), b"").decode()
        found = _table_checksum(table, stored)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise _unreadable(path, "a complete parquet table", error) from error
    _verify(path, checksum, found)
    return table


def _plain_facts(path: str | Path, stored: str | Path | io.BytesIO) -> tuple[str, str]:
    """Text of the metadata of a ``.pt`` file, and the checksum; of a foreign one {} and none."""
    try:
        with zipfile.ZipFile(stored) as archive:
            if PLAIN_FACTS not in archive.namelist():
                return "{}", ""
            beside = json.loads(archive.read(PLAIN_FACTS))
            return str(beside[METADATA_KEY]), str(beside[CHECKSUM_KEY])
    except Exception as error:  # zipfile raises many kinds for damaged files
        raise _unreadable(path, "plain data in a .pt file", error) from error


def _imprinted_facts(path: str | Path) -> dict[str, Any]:
    try:
        return imprint.facts_of(_bytes(path, "a figure or text"), Path(path).suffix)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _unreadable(path, "a figure or text as it was written", error) from error


def _unreadable(path: str | Path, expected: str, error: Exception) -> ArtifactError:
    """One line on a file that cannot be read; of refused objects no advice to trust them."""
    import pickle

    if isinstance(error, pickle.UnpicklingError):
        found = "objects or damaged data"
    else:
        found = (str(error).strip() or type(error).__name__).splitlines()[0]
    return ArtifactError(f"{path}: expected {expected}, found: {found}")


def _verify(path: str | Path, expected: str, found: str) -> None:
    """Raise ArtifactError unless a content has the checksum that its writer left."""
    if not expected:
        raise ArtifactError(
            f"{path}: expected a file that this study wrote, found none of its checksums; "
            "delete it to have it made again"
        )
    if expected != found:
        raise ArtifactError(
            f"{path}: expected content with the checksum {expected}, found {found}: it was "
            "damaged or edited; delete it to have it made again"
        )


def _table_checksum(table: pyarrow.Table, metadata: Mapping[bytes, bytes]) -> str:
    """Digest of names, types and values of the columns, and of the metadata."""
    digest = hashlib.sha256(repr(sorted(metadata.items())).encode())
    for name, column in zip(table.column_names, table.columns, strict=True):
        missing = column.is_null().to_numpy()
        digest.update(_text([name, str(column.type), len(column)]).encode())
        digest.update(np.packbits(missing).tobytes())
        if pyarrow.types.is_integer(column.type) or pyarrow.types.is_floating(column.type):
            values = column.to_numpy() if not missing.any() else column.fill_null(0).to_numpy()
            digest.update(np.ascontiguousarray(values).tobytes())
        else:
            digest.update(_text(column.to_pylist()).encode())
    return digest.hexdigest()[:16]


def _plain_checksum(value: Any, facts: str) -> str:
    digest = hashlib.sha256(facts.encode())
    for part in _parts(value):
        digest.update(part)
    return digest.hexdigest()[:16]


def _parts(value: Any) -> Iterator[bytes]:
    """Bytes that stand for plain data: types, sizes and values, in order."""
    import torch

    if isinstance(value, torch.Tensor):
        yield f"{value.dtype}{tuple(value.shape)}".encode()
        yield value.reshape(-1).view(torch.uint8).numpy().tobytes() if value.numel() else b""
    elif isinstance(value, dict):
        yield f"dict{len(value)}".encode()
        for key, part in value.items():
            yield from _parts(key)
            yield from _parts(part)
    elif isinstance(value, list | tuple):
        yield f"{type(value).__name__}{len(value)}".encode()
        for part in value:
            yield from _parts(part)
    else:
        text = repr(value)
        yield f"{type(value).__name__}{len(text)}{text}".encode()


def _plain(value: Any, where: str) -> Any:
    """Copy of plain data that pickles to the same bytes whatever it shares in memory.

    Raises ArtifactError for anything that cannot be read back without unpickling objects.
    """
    import torch

    if isinstance(value, torch.Tensor):
        return value.detach().cpu().contiguous().clone()
    if isinstance(value, Mapping):
        return {_plain(key, where): _plain(part, where) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part, where) for part in value]
    if isinstance(value, tuple):
        return tuple(_plain(part, where) for part in value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        return sys.intern(str(value))
    if value is None or isinstance(value, bool | int | float | bytes):
        return value
    raise ArtifactError(f"{where}: expected plain data, found {type(value).__name__}")


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _checked(table: pd.DataFrame, path: str | Path, schema: pa.DataFrameSchema) -> pd.DataFrame:
    expected = list(schema.columns)
    missing = [name for name in expected if name not in table.columns]
    unknown = [name for name in table.columns if name not in expected and schema.strict]
    if missing or unknown:
        raise ArtifactError(
            f"{path}: expected columns {', '.join(expected)}; "
            f"missing: {', '.join(missing) or 'none'}; not known: {', '.join(unknown) or 'none'}"
        )
    try:
        return schema.validate(table[expected] if schema.strict else table)
    except pa.errors.SchemaError as error:
        raise ArtifactError(
            f"{path}: column {getattr(error.schema, 'name', '?')} expected "
            f"{error.check}, found {_short(error.failure_cases)}"
        ) from error


def _short(cases: Any) -> str:
    if isinstance(cases, pd.DataFrame) and "failure_case" in cases:
        return ", ".join(map(str, cases["failure_case"].head(3)))
    return str(cases)
