"""Write the crate of a run.

Output: a ZIP with figures, claims, report, configuration and workflow, and what ties them.
"""

from analog_sbi.jobs import job

from pathlib import Path

from analog_sbi.report.crate import WORKFLOW, write_crate


def main(
    *,
    outputs: dict[str, list[str]],
    settings: str,
    snakefile: str,
    source: list[str],
    facts: dict[str, str],
    crate: str,
) -> None:
    """Write the crate; ``facts`` are of the run, ``source`` lies beside the Snakefile."""
    top = Path(snakefile).parents[1]
    names = {Path(path).relative_to(top).as_posix(): path for path in source}
    write_crate(crate, outputs, settings, {WORKFLOW: snakefile, **names}, facts)


if __name__ == "__main__":
    with job(snakemake):
        main(
            outputs={
                "report": [snakemake.input.report],
                "claims": list(snakemake.input.claims),
                "figures": list(snakemake.input.figures),
            },
            settings=snakemake.params.settings,
            snakefile=snakemake.input.snakefile,
            source=list(snakemake.input.source),
            facts=snakemake.params.facts,
            crate=snakemake.output.crate,
        )
