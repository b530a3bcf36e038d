"""Once imported, this process collects garbage seldom, and not at its end.

For processes that mostly import and end: Snakemake's own and those of jobs. With Python's
thresholds a quarter of a dry-run and a third of a short job are collections that find nothing: of
the objects of imported modules, while these are made and once more at the end. So it is imported
before them. A job goes on ``as_usual`` then: tensors that refer to one another, as those of splines
do, are few objects and many gigabytes.
"""

from __future__ import annotations

import atexit
import gc

# ASSUME: so many that an import of sbi takes no longer than without any collection; mypy, which
# does the same, takes 200 000.
ALLOCATIONS = 50_000
YOUNGER_COLLECTIONS = 30

USUAL = gc.get_threshold()

gc.set_threshold(ALLOCATIONS, YOUNGER_COLLECTIONS, YOUNGER_COLLECTIONS)
atexit.register(gc.freeze)


def as_usual() -> None:
    """Collect garbage as often as Python does, but of what was made until now."""
    gc.freeze()
    gc.set_threshold(*USUAL)
