"""Targets that the authors recorded on the chip, as files of trials.

Outputs: CSV files, which ``targets: {name: {file: ...}}`` reads.
"""

from analog_sbi.jobs import job

from pathlib import Path

from analog_sbi.artifacts import write_text
from analog_sbi.models import signals_of
from analog_sbi.published import beside, deposit


def main(*, data: str, signals: dict, recorded: dict[str, str]) -> None:
    """Read a deposit; ``recorded`` are the files that are written of targets, by name."""
    face = signals_of(signals)
    for name, path in deposit.target_files(data).items():
        write_text(beside.trials(deposit.measured(path, face), face), recorded[name])


if __name__ == "__main__":
    with job(snakemake):
        main(
            data=snakemake.params.data,
            signals=snakemake.params.signals,
            recorded={Path(path).stem: path for path in snakemake.output},
        )
