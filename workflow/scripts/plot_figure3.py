"""Draw Figure 3 from the grid, the traces and the posteriors in two dimensions."""

from analog_sbi.logs import job_log
from analog_sbi.plots import figure3, style
from analog_sbi.plots.study import frame, last_round_of, read


def main(*, settings: dict, tables: dict[str, str], svg: str, png: str) -> None:
    """Draw the figure from tables by name and write it as SVG and PNG."""
    seed = settings["seed"]
    with style.figure(height=5.4) as canvas:
        figure3.draw(
            canvas,
            grid=read(tables["grid"]),
            traces=read(tables["traces"]),
            target=read(tables["target"]),
            density=last_round_of(read(tables["density"]), seed),
            samples_tau=last_round_of(read(tables["samples_tau"]), seed),
            samples_first=last_round_of(read(tables["samples_first"]), seed),
            shown=settings["shown"],
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
