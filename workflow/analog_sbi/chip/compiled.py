"""Compiled functions whose machine code is kept where a folder for it can be written."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numba


def compiled(function: Callable[..., Any] | None = None, **options: Any) -> Callable[..., Any]:
    """Compile a function at its first call and keep the code for later processes.

    ``options`` are numba's.

    Numba refuses to keep code where neither the module's folder nor the user's cache can be
    written, as in a read-only container: the function is then compiled in every process.
    """
    if function is None:
        return partial(compiled, **options)
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:
        return numba.njit(**options)(function)
