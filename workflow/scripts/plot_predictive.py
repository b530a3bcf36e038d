"""Draw heights that the prior predicts against those that the posteriors predict."""

from analog_sbi.backends import make
from analog_sbi.logs import job_log
from analog_sbi.plots import predictive, style
from analog_sbi.plots.study import last_round_of, read

SHOWN = 0  # ensemble


def main(*, settings: dict, tables: dict[str, str], svg: str, png: str) -> None:
    """Draw the figure and write it as SVG and PNG."""
    with style.figure(height=4.6) as canvas:
        predictive.draw(
            canvas,
            prior=read(tables["prior"]),
            posterior={name: last_round_of(read(tables[name]), SHOWN) for name in ("first", "all")},
            target=read(tables["target"]),
            unit=make(settings["backend"], settings["settings"]).height_unit,
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
