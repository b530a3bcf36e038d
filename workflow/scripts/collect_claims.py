"""Collect the claims of all figures in one table, as parquet and as text."""

from pathlib import Path

from analog_sbi.artifacts import Maker
from analog_sbi.checks.table import collect
from analog_sbi.logs import job_log


def main(*, maker: Maker, table: str) -> None:
    """Collect the tables of the figures beside the output."""
    collect(Path(table).parent, maker)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
            table=snakemake.output.table,
        )
