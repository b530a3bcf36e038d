"""Plan every target on a backend without running it: ``python tests/dry_runs.py bss2_sim``.

The chip is represented by its model, whose module needs no hardware.
"""

import subprocess
import sys
from pathlib import Path

from analog_sbi.paper import targets

ROOT = Path(__file__).parents[1]
OVERLAYS = {"bss2": ["bss2={module: analog_sbi.chip.pynn}"]}


def main(backend: str) -> int:
    """Number of targets whose plan fails; their messages are printed."""
    failed = 0
    for target in targets():
        command = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "all", target]
        command += ["--config", f"backend={backend}", *OVERLAYS.get(backend, [])]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        print(f"{target}: {'planned' if done.returncode == 0 else 'FAILED'}")
        if done.returncode:
            failed += 1
            print(done.stdout + done.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
