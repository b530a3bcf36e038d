"""Plan every target on a backend without running it: ``python tests/dry_runs.py bss2_sim``.

``--only figure3`` plans that one.

The chip is represented by its model, whose module needs no hardware.
"""

import subprocess
import sys
from pathlib import Path

from analog_sbi.paper.targets import targets

ROOT = Path(__file__).parents[1]
OVERLAYS = {"bss2": ["bss2={module: analog_sbi.chip.pynn}"]}


def main(backend: str, only: list[str]) -> int:
    """Number of targets whose plan fails; their messages are printed."""
    failed = 0
    for target in (target.name for target in targets()):
        if only and target not in only:
            continue
        command = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "all"]
        command += ["--config", f"backend={backend}", *OVERLAYS.get(backend, []), "--", target]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        print(f"{target}: {'planned' if done.returncode == 0 else 'FAILED'}")
        if done.returncode:
            failed += 1
            print(done.stdout + done.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[3:]))
