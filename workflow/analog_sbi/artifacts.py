"""Tables and posteriors on disk: schemas, units, atomic writes, safe loading.

Tables are parquet, wide, one row a measurement. The file's metadata holds the units of the
columns and the maker: rule, package version, digest of the settings. Posteriors are ``.pt``
files of plain data, read without unpickling objects.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pa
import pyarrow
import pyarrow.parquet as pq

from analog_sbi.errors import ArtifactError
from analog_sbi.provenance import config_digest

METADATA_KEY = b"analog_sbi"


@dataclass(frozen=True)
class Maker:
    """Who wrote an artifact: the rule and a digest of the settings it was given."""

    rule: str
    digest: str

    @classmethod
    def of(cls, rule: str, settings: Mapping[str, Any]) -> Maker:
        """Name the maker by rule and settings; the digest of its code is no setting."""
        plain = {key: value for key, value in settings.items() if key != "code"}
        return cls(rule=rule, digest=config_digest(plain))


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

    ``extra`` is kept as plain data in the metadata. Raises ArtifactError on a mismatch.
    """
    table = _checked(table, path, schema)
    content = pyarrow.Table.from_pandas(table, preserve_index=False)
    metadata = {
        "maker": {
            "rule": maker.rule,
            "version": version("analog-sbi"),
            "settings": maker.digest,
        },
        "units": dict(units or {}),
        **extra,
    }
    schema_metadata = {
        **(content.schema.metadata or {}),
        METADATA_KEY: json.dumps(metadata, sort_keys=True).encode(),
    }
    with replacing(path) as temporary:
        pq.write_table(content.replace_schema_metadata(schema_metadata), temporary)


def read_table(path: str | Path, schema: pa.DataFrameSchema | None = None) -> pd.DataFrame:
    """Read a table and check it against its schema.

    Raises ArtifactError that names the file, what was expected and what was found.
    """
    try:
        table = pd.read_parquet(path)
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: expected a parquet table, found no file") from error
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        found = str(error).splitlines()[0]
        raise ArtifactError(f"{path}: expected a complete parquet table, found: {found}") from error
    return table if schema is None else _checked(table, path, schema)


def read_metadata(path: str | Path) -> dict[str, Any]:
    """Metadata of a table: maker, units, and what its writer added."""
    stored = pq.read_schema(path).metadata or {}
    return json.loads(stored.get(METADATA_KEY, b"{}"))


def write_plain(content: Mapping[str, Any], path: str | Path) -> None:
    """Write a dictionary of tensors, numbers and strings as a ``.pt`` file."""
    import torch

    with replacing(path) as temporary:
        torch.save(dict(content), temporary)


def read_plain(path: str | Path) -> dict[str, Any]:
    """Read a ``.pt`` file of plain data, without unpickling objects.

    Raises ArtifactError that names the file if it is missing, truncated or holds anything else.
    """
    import torch

    try:
        content = torch.load(path, weights_only=True)
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: expected a posterior, found no file") from error
    except Exception as error:  # torch raises many kinds for damaged files
        found = str(error).splitlines()[0]
        raise ArtifactError(f"{path}: expected plain data in a .pt file, found: {found}") from error
    if not isinstance(content, dict):
        raise ArtifactError(f"{path}: expected a dictionary, found {type(content).__name__}")
    return content


def write_text(text: str, path: str | Path) -> None:
    """Write a text file at once or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text)


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path in the same folder that becomes ``path`` when the block succeeds."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.stem}.", suffix=f".part{path.suffix}"
    )
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


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
