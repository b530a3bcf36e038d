"""What may be concluded from an experiment's posterior: its certificate, and a page with figures.

Outputs: the certificate as JSON and in words, the page as one HTML file and as a picture.
"""

from analog_sbi.jobs import job

from analog_sbi.artifacts import Maker, read_table, write_text
from analog_sbi.diagnostics.certificate import as_json, as_words
from analog_sbi.diagnostics.evidence import Evidence, issue, restriction
from analog_sbi.logs import announce
from analog_sbi.page.answer import answer
from analog_sbi.page.write import write_page
from analog_sbi.problem import problem_of


def main(
    *,
    name: str,
    problem: dict,
    facts: dict[str, str],
    position: list[float] | None,
    region: str | None,
    tables: dict[str, str | None],
    parameters: list[str],
    observations: list[str],
    maker: Maker,
    outputs: dict[str, str],
) -> None:
    """Certify experiment ``name`` from its tables, by the names that ``Evidence`` has for them.

    There are none on coverage of algorithms that answer their own target alone.
    """
    posed = problem_of(problem, region)
    evidence = Evidence(
        **{kind: read_table(path) if path else None for kind, path in tables.items()},
        parameters=[read_table(path) for path in parameters],
        observations=[read_table(path) for path in observations],
    )
    certificate = issue(posed, evidence)
    write_text(as_json(certificate), outputs["json"], maker)
    write_text(as_words(certificate), outputs["words"], maker)
    told = answer(posed, certificate, evidence, facts | restriction(posed, evidence), position)
    write_page(told, outputs["page"], outputs["picture"], maker)
    announce(f"{name}: {certificate.verdict}; see {outputs['page']}")


if __name__ == "__main__":
    with job(snakemake, unmixed=True) as maker:
        apart = ("parameters", "observations", "region")
        main(
            name=snakemake.wildcards.experiment,
            problem=snakemake.params.problem,
            facts=snakemake.params.facts,
            position=snakemake.params.position,
            region=snakemake.input.get("region") or None,
            tables={k: v or None for k, v in snakemake.input.items() if k not in apart},
            parameters=list(snakemake.input.parameters),
            observations=list(snakemake.input.observations),
            maker=maker,
            outputs=dict(snakemake.output.items()),
        )
