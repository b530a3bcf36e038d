"""Decide the claims of one figure or other module from the artifacts it is made of.

Output: ``id``, ``figure``, ``paper``, ``value``, ``criterion``, ``holds``; ``holds`` is missing
where a claim's artifacts are not part of this study.
"""

from pathlib import Path

from analog_sbi.artifacts import Maker
from analog_sbi.backends import make
from analog_sbi.checks.table import Artifacts, decide, write
from analog_sbi.logs import job_log

ARBOR_MODULE = "figure9"  # the one whose claims compare the chip with Arbor


def main(
    *,
    module: str,
    backend: str,
    settings: dict,
    simulator: dict,
    centre: list,
    maker: Maker,
    inputs: list[str],
    output: str,
) -> None:
    """Decide the claims of a module."""
    folder = Path("results")
    device = make(backend, settings)
    artifacts = Artifacts(
        folder=folder,
        backend=backend,
        length=device.length,
        limits=device.limits,
        fit_bounds=device.fit_bounds,
        height_unit=device.height_unit,
        spike_interval=settings["spike_interval"],
        centre=tuple(centre),
        arbor_area=make("arbor", simulator).limits.area if module == ARBOR_MODULE else 0.0,
    )
    available = {Path(path).relative_to(folder).as_posix() for path in inputs}
    write(decide(module, artifacts, available), output, maker)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        frame = snakemake.params.settings
        main(
            module=snakemake.wildcards.module,
            backend=frame["backend"],
            settings=frame["settings"],
            simulator=frame["simulator"],
            centre=frame["centre"],
            maker=Maker.of(snakemake.rule, dict(snakemake.params.items())),
            inputs=list(snakemake.input),
            output=snakemake.output[0],
        )
