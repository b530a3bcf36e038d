"""Threads of linear algebra: one a job, because jobs already fill the cores.

Products of small matrices gain nothing from more threads, and threads of two jobs that wait for
each other slow both down many times over.
"""

from __future__ import annotations

import os

VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def one_thread_a_job() -> None:
    """Set the environment that jobs inherit; what the user has set already stays."""
    for name in VARIABLES:
        os.environ.setdefault(name, "1")
