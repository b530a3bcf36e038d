"""Draw Figure 4 from the posteriors in seven dimensions and their predictive checks."""

from analog_sbi.logs import job_log
from analog_sbi.plots import figure4, style
from analog_sbi.plots.study import frame, last_round_of, read


def main(*, settings: dict, tables: dict[str, str], svg: str, png: str) -> None:
    """Draw the figure and write it as SVG and PNG."""
    seed = settings["seed"]
    observables = ("first", "all")
    with style.figure(height=5.6) as canvas:
        figure4.draw(
            canvas,
            samples={o: last_round_of(read(tables[f"samples_{o}"]), seed) for o in observables},
            predictive={
                o: last_round_of(read(tables[f"predictive_{o}"]), seed) for o in observables
            },
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
