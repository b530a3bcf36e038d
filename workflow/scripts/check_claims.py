"""Decide the claims that belong to one figure from the artifacts it is made of.

Output: ``id``, ``figure``, ``paper``, ``value``, ``criterion``, ``holds``; ``holds`` is missing
where a claim's artifacts are not part of this study.
"""

from pathlib import Path

from analog_sbi.artifacts import Maker
from analog_sbi.backends import make
from analog_sbi.checks.table import Artifacts, decide, write
from analog_sbi.logs import job_log


def main(
    *,
    figure: int,
    backend: str,
    settings: dict,
    centre: list,
    maker: Maker,
    inputs: list[str],
    output: str,
) -> None:
    """Decide the claims of a figure."""
    folder = Path("results")
    artifacts = Artifacts(folder, backend, make(backend, settings).limits, tuple(centre))
    available = {Path(path).relative_to(folder).as_posix() for path in inputs}
    write(decide(figure, artifacts, available), output, maker)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        frame = snakemake.params.settings
        main(
            figure=int(snakemake.wildcards.figure),
            backend=frame["backend"],
            settings=frame["settings"],
            centre=frame["centre"],
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
            inputs=list(snakemake.input),
            output=snakemake.output[0],
        )
