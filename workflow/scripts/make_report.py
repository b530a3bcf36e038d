"""Make one self-contained HTML page with every figure, its caption and the claims."""

import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from analog_sbi.artifacts import replacing
from analog_sbi.logs import job_log


def main(*, command: list[str], config: dict, targets: list[str], output: str) -> None:
    """Report on finished targets with the configuration that they were made with."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as merged, replacing(output) as page:
        yaml.safe_dump(config, merged)
        merged.flush()
        arguments = [
            *targets,
            "--configfile",
            merged.name,
            "--nolock",
            "--cores",
            "1",
            "--report",
            str(page),
        ]
        subprocess.run([*command, *arguments], check=True)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        study = Path(snakemake.scriptdir).resolve().parents[1]
        main(
            command=[
                str(Path(sys.executable).with_name("snakemake")),
                *("--snakefile", str(study / "Snakefile")),
            ],
            config=snakemake.params.config,
            targets=list(snakemake.input),
            output=snakemake.output[0],
        )
