"""Write the report of a run: figure by figure, with claims, settings, versions, time and memory.

Output: one HTML page that needs no file beside it.
"""

from analog_sbi.jobs import job

from analog_sbi.artifacts import Maker
from analog_sbi.report import content
from analog_sbi.report.write import write_report


def main(
    *,
    pictures: list[dict],
    tables: dict[str, str],
    ours: list[str],
    inputs: list[str],
    benchmarks: str,
    told: dict,
    maker: Maker,
    page: str,
) -> None:
    """Write the page; ``told`` is what stands on it beside figures, claims, date and jobs."""
    write_report(
        page,
        content.sections(pictures, tables, ours),
        day=content.day(inputs),
        jobs=content.jobs(benchmarks),
        maker=maker,
        **told,
    )


if __name__ == "__main__":
    with job(snakemake) as maker:
        main(
            pictures=snakemake.params.pictures,
            tables=snakemake.params.tables,
            ours=snakemake.params.ours,
            inputs=list(snakemake.input),
            benchmarks="results/benchmarks",
            told=snakemake.params.told,
            maker=maker,
            page=snakemake.output.page,
        )
