"""Draw Figure 7 from the predictive checks of all sizes of the estimator."""

from pathlib import Path

import pandas as pd

from analog_sbi.backends import make
from analog_sbi.checks.distance import FAILED
from analog_sbi.checks.figure7 import medians, size_rows
from analog_sbi.checks.register import REVERSED, SIZES
from analog_sbi.logs import job_log
from analog_sbi.observables import feature_names
from analog_sbi.plots import figure7, style
from analog_sbi.plots.study import read


def main(
    *,
    settings: dict,
    target: str,
    predictive: list[str],
    estimators: list[str],
    svg: str,
    png: str,
) -> None:
    """Draw the figure and write it as SVG and PNG."""
    device = make(settings["backend"], settings["settings"])
    features = feature_names("first", device.length)
    trials = read(target)
    parts: dict[bool, list[pd.DataFrame]] = {True: [], False: []}
    for checked, of in zip(predictive, estimators, strict=True):
        name = Path(checked).parent.name
        if name in (*SIZES, *REVERSED):
            rows = size_rows(name, read(checked), read(of), trials, features)
            parts[name in REVERSED].append(rows)
    sizes = pd.concat(parts[False], ignore_index=True)
    with style.figure(height=3.3) as canvas:
        figure7.draw(
            canvas,
            sizes=sizes,
            reverse=pd.concat(parts[True], ignore_index=True),
            failed=FAILED * medians(sizes).min(),
            unit=device.height_unit,
        )
        style.save(canvas, svg, png)


if __name__ == "__main__":
    with job_log(snakemake.log[0]):
        main(
            settings=snakemake.params.settings,
            target=snakemake.input.target,
            predictive=list(snakemake.input.predictive),
            estimators=list(snakemake.input.estimators),
            svg=snakemake.output.svg,
            png=snakemake.output.png,
        )
