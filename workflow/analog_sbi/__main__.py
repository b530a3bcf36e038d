"""What the library can tell of results: ``python -m analog_sbi lineage PATH ...``."""

from __future__ import annotations

import signal
import sys

from analog_sbi import lineage
from analog_sbi.errors import StudyError

USAGE = "usage: python -m analog_sbi lineage PATH ...   what results were made from"


def main(arguments: list[str]) -> int:
    """Print what is asked for; the exit status."""
    if len(arguments) < 2 or arguments[0] != "lineage":
        print(USAGE, file=sys.stderr)
        return 2
    try:
        for path in arguments[1:]:
            print("\n".join(lineage.tree(path)))
    except StudyError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    # a reader that has seen enough, such as head, ends the program without a word
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main(sys.argv[1:]))
