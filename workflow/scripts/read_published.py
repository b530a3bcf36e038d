"""What the authors' measurements on the chip say to the claims, beside what this run says.

Outputs: the table of claims with a column ``on the chip``, as parquet and as text, and recorded
targets as CSV files, which ``targets: {name: {file: ...}}`` reads.
"""

from pathlib import Path

from analog_sbi.artifacts import Maker, read_table, write_text
from analog_sbi.jobs import job
from analog_sbi.models import signals_of
from analog_sbi.paper.registry import claims
from analog_sbi.paper.table import SCHEMA
from analog_sbi.published import beside, deposit


def main(
    *,
    data: str,
    given: dict,
    targets: dict[str, str],
    claims_table: str,
    maker: Maker,
    table: str,
    text: str,
    recorded: dict[str, str],
) -> None:
    """Read a deposit; ``recorded`` are the files that are written of targets, by name."""
    face = signals_of(given["frame"]["signals"])
    tables = deposit.tables(data, face, targets)
    found = beside.on_the_chip(claims(), given, tables)
    both = beside.joined(read_table(claims_table, SCHEMA), found)
    beside.write(both, table, maker)
    write_text(beside.markdown(both), text, maker)
    for name, path in deposit.target_files(data).items():
        write_text(beside.trials(deposit.measured(path, face), face), recorded[name])


if __name__ == "__main__":
    with job(snakemake) as maker:
        names = [Path(path).stem for path in snakemake.output.recorded]
        main(
            data=snakemake.params.data,
            given=snakemake.params.given,
            targets=snakemake.params.targets,
            claims_table=snakemake.input.claims,
            maker=maker,
            table=snakemake.output.table,
            text=snakemake.output.text,
            recorded=dict(zip(names, snakemake.output.recorded, strict=True)),
        )
