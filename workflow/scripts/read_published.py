"""What the authors' measurements on the chip say to the claims, beside what this run says.

Outputs: the table of claims with a column ``on the chip``, as parquet and as text.
"""

from analog_sbi.jobs import job

from analog_sbi.artifacts import Maker, read_table, write_text
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
) -> None:
    """Decide the claims from a deposit."""
    face = signals_of(given["frame"]["signals"])
    tables = deposit.tables(data, face, targets)
    found = beside.on_the_chip(claims(), given, tables)
    both = beside.joined(read_table(claims_table, SCHEMA), found)
    beside.write(both, table, maker)
    write_text(beside.markdown(both), text, maker)


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            data=snakemake.params.data,
            given=snakemake.params.given,
            targets=snakemake.params.targets,
            claims_table=snakemake.input.claims,
            maker=maker,
            table=snakemake.output.table,
            text=snakemake.output.text,
        )
