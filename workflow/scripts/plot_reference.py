"""Draw the reference posteriors beside those of SNPE."""

from analog_sbi.logs import job_log
from analog_sbi.plots import reference, style
from analog_sbi.plots.study import frame, last_round_of, read

SHOWN = 0  # ensemble


def main(*, settings: dict, tables: dict[str, str], svg: str, png: str) -> None:
    """Draw the figure from tables by name and write it as SVG and PNG."""
    seed = settings["seed"]
    plane, individual = ("tau", "first"), ("first", "all")
    with style.figure(height=6.6) as canvas:
        reference.draw(
            canvas,
            reference_density={o: read(tables[f"reference_density_{o}"]) for o in plane},
            density={o: last_round_of(read(tables[f"density_{o}"]), seed) for o in plane},
            ensemble_density={
                o: last_round_of(read(tables[f"ensemble_{o}"]), SHOWN) for o in plane
            },
            reference_samples={o: read(tables[f"reference_samples_{o}"]) for o in individual},
            samples={o: last_round_of(read(tables[f"samples_{o}"]), seed) for o in individual},
            target=read(tables["target"]),
            frame=frame(settings),
        )
        style.save(canvas, svg, png)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            settings=snakemake.params.settings,
            tables=dict(snakemake.input.items()),
            svg=snakemake.output.svg,
            png=snakemake.output.png,
        )
