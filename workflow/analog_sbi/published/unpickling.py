"""Tables from pickles of strangers: names of pandas and numpy that hold data, and no others."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import pandas as pd

from analog_sbi.errors import ArtifactError

_BLOCKS = "pandas.core.internals"
_MULTIARRAY = {"_reconstruct", "scalar"}
ALLOWED: dict[str, set[str]] = {
    "builtins": {"slice"},
    "__builtin__": {"slice"},  # before protocol 3
    "_codecs": {"encode"},  # bytes, before protocol 3
    "numpy": {"ndarray", "dtype"},
    "numpy.core.multiarray": _MULTIARRAY,
    "numpy._core.multiarray": _MULTIARRAY,
    "numpy.core.numeric": {"_frombuffer"},
    "numpy._core.numeric": {"_frombuffer"},
    "pandas": {"DataFrame", "Series", "Index", "MultiIndex", "RangeIndex"},
    "pandas.core.frame": {"DataFrame"},
    "pandas.core.series": {"Series"},
    f"{_BLOCKS}.managers": {"BlockManager", "SingleBlockManager"},
    f"{_BLOCKS}.blocks": {"new_block"},
    "pandas._libs.internals": {"_unpickle_block", "BlockManager"},
    "pandas.core.indexes.base": {"_new_Index", "Index"},
    "pandas.core.indexes.multi": {"MultiIndex"},
    "pandas.core.indexes.range": {"RangeIndex"},
    "pandas.core.indexes.frozen": {"FrozenList"},
    "pandas._libs.arrays": {"__pyx_unpickle_NDArrayBacked"},
}
"""Names by module: constructors of tables, which run nothing that a pickle brings along."""
NUMERIC = "pandas.core.indexes.numeric"  # of pandas before 2: Int64Index and others


class _Tables(pickle.Unpickler):
    """Finds what tables are made of and refuses every other name."""

    def find_class(self, module: str, name: str) -> Any:
        """Constructor by its name; raises UnpicklingError for one that is not allowed."""
        if module == NUMERIC and name in ("Int64Index", "UInt64Index", "Float64Index"):
            return pd.Index
        if name in ALLOWED.get(module, ()):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name}")


def read_pickled_table(path: str | Path) -> pd.DataFrame:
    """Table of a pickle, of which nothing is executed.

    Raises ArtifactError in one line for a file that is no pickle, asks for any other name than
    those of ``ALLOWED``, or holds no table.
    """
    expected = f"{path}: expected a pickled table of pandas"
    try:
        table = _Tables(io.BytesIO(Path(path).read_bytes())).load()
    except OSError as error:
        raise ArtifactError(f"{expected}, found {error}") from error
    except pickle.UnpicklingError as error:
        raise ArtifactError(f"{expected}, found {error}, which is not loaded") from error
    except Exception as error:  # what constructors say of damaged data, of any kind
        raise ArtifactError(f"{expected}, found {type(error).__name__}: {error}") from error
    if not isinstance(table, pd.DataFrame):
        raise ArtifactError(f"{expected}, found {type(table).__name__}")
    return table
