"""Draw Figure 6 from the predictive checks and posterior samples of every round."""

from analog_sbi.checks.distance import distances, with_estimators
from analog_sbi.logs import job_log
from analog_sbi.observables import feature_names
from analog_sbi.plots import figure6, style
from analog_sbi.plots.study import frame, read


def main(*, settings: dict, tables: dict[str, str], svg: str, png: str) -> None:
    """Draw the figure and write it as SVG and PNG."""
    target = read(tables["target"])
    features = feature_names("first", settings["settings"]["length"])
    distance = distances(read(tables["predictive"]), target, features)
    with style.figure(height=4.6) as canvas:
        figure6.draw(
            canvas,
            distance=with_estimators(distance, read(tables["estimators"])),
            samples=read(tables["samples"]),
            star=target[["g_leak", "g_axial"]].mean().to_numpy(),
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
