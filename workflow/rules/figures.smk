# One rule a figure. Figures are drawn from artifacts alone.


rule plot_figure2:
    """PSPs in every compartment for inputs to every compartment."""
    input:
        traces=f"results/{BACKEND}/traces.parquet",
    output:
        svg=report(
            "results/figures/figure2.svg",
            caption="../report/figure2.rst",
            category="Figures",
            labels={"figure": "2"},
        ),
        png="results/figures/figure2.png",
    log:
        "results/logs/plot_figure2.log",
    benchmark:
        "results/benchmarks/plot_figure2.tsv"
    params:
        settings=partial(plane_settings, BACKEND),
        code=code("plot_figure2"),
    message:
        "Drawing figure 2"
    script:
        "../scripts/plot_figure2.py"


rule plot_figure3:
    """Grid, traces and posteriors of the two-dimensional parameter space."""
    input:
        grid=f"results/{BACKEND}/grid.parquet",
        traces=f"results/{BACKEND}/traces.parquet",
        target=f"results/{BACKEND}/targets/centre.parquet",
        density=f"results/{BACKEND}/tau_2d/density.parquet",
        samples_tau=f"results/{BACKEND}/tau_2d/samples.parquet",
        samples_first=f"results/{BACKEND}/first_2d/samples.parquet",
    output:
        svg=report(
            "results/figures/figure3.svg",
            caption="../report/figure3.rst",
            category="Figures",
            labels={"figure": "3"},
        ),
        png="results/figures/figure3.png",
    log:
        "results/logs/plot_figure3.log",
    benchmark:
        "results/benchmarks/plot_figure3.tsv"
    params:
        settings=partial(plane_settings, BACKEND),
        code=code("plot_figure3"),
    message:
        "Drawing figure 3"
    script:
        "../scripts/plot_figure3.py"


rule plot_figure4:
    """Marginals of seven parameters and the predictive check of all heights."""
    input:
        target=f"results/{BACKEND}/targets/centre.parquet",
        samples_first=f"results/{BACKEND}/first_7d/samples.parquet",
        samples_all=f"results/{BACKEND}/all_7d/samples.parquet",
        predictive_first=f"results/{BACKEND}/first_7d/predictive.parquet",
        predictive_all=f"results/{BACKEND}/all_7d/predictive.parquet",
    output:
        svg=report(
            "results/figures/figure4.svg",
            caption="../report/figure4.rst",
            category="Figures",
            labels={"figure": "4"},
        ),
        png="results/figures/figure4.png",
    log:
        "results/logs/plot_figure4.log",
    benchmark:
        "results/benchmarks/plot_figure4.tsv"
    params:
        settings=partial(plane_settings, BACKEND),
        code=code("plot_figure4"),
    message:
        "Drawing figure 4"
    script:
        "../scripts/plot_figure4.py"


rule plot_figure5:
    """Exponential fits to the heights at the marked points."""
    input:
        traces=f"results/{BACKEND}/traces.parquet",
    output:
        svg=report(
            "results/figures/figure5.svg",
            caption="../report/figure5.rst",
            category="Figures",
            labels={"figure": "5"},
        ),
        png="results/figures/figure5.png",
    log:
        "results/logs/plot_figure5.log",
    benchmark:
        "results/benchmarks/plot_figure5.tsv"
    params:
        settings=partial(plane_settings, BACKEND),
        code=code("plot_figure5"),
    message:
        "Drawing figure 5"
    script:
        "../scripts/plot_figure5.py"


rule plot_figure6:
    """Recovery of the posterior over rounds of fifty emulations."""
    input:
        target=f"results/{BACKEND}/targets/centre.parquet",
        samples=f"results/{BACKEND}/rounds_2d/samples.parquet",
        predictive=f"results/{BACKEND}/rounds_2d/predictive.parquet",
        estimators=f"results/{BACKEND}/rounds_2d/estimators.parquet",
    output:
        svg=report(
            "results/figures/figure6.svg",
            caption="../report/figure6.rst",
            category="Figures",
            labels={"figure": "6"},
        ),
        png="results/figures/figure6.png",
    log:
        "results/logs/plot_figure6.log",
    benchmark:
        "results/benchmarks/plot_figure6.tsv"
    params:
        settings=partial(plane_settings, BACKEND),
        code=code("plot_figure6"),
    message:
        "Drawing figure 6"
    script:
        "../scripts/plot_figure6.py"


rule plot_figure7:
    """Predictive check over depth and width of the estimator."""
    input:
        target=f"results/{BACKEND}/targets/centre.parquet",
        predictive=partial(estimator_tables, "predictive"),
        estimators=partial(estimator_tables, "estimators"),
    output:
        svg=report(
            "results/figures/figure7.svg",
            caption="../report/figure7.rst",
            category="Figures",
            labels={"figure": "7"},
        ),
        png="results/figures/figure7.png",
    log:
        "results/logs/plot_figure7.log",
    benchmark:
        "results/benchmarks/plot_figure7.tsv"
    params:
        settings=partial(plane_settings, BACKEND),
        code=code("plot_figure7"),
    message:
        "Drawing figure 7"
    script:
        "../scripts/plot_figure7.py"


rule plot_figure8:
    """Samples of the posterior of the first round given several targets."""
    input:
        samples=f"results/{BACKEND}/amortized.parquet",
        recovered=f"results/{BACKEND}/recovered.parquet",
    output:
        svg=report(
            "results/figures/figure8.svg",
            caption="../report/figure8.rst",
            category="Figures",
            labels={"figure": "8"},
        ),
        png="results/figures/figure8.png",
    log:
        "results/logs/plot_figure8.log",
    benchmark:
        "results/benchmarks/plot_figure8.tsv"
    params:
        settings=partial(plane_settings, BACKEND),
        code=code("plot_figure8"),
    message:
        "Drawing figure 8"
    script:
        "../scripts/plot_figure8.py"


use rule plot_figure3 as plot_figure9 with:
    input:
        grid="results/arbor/grid.parquet",
        traces="results/arbor/traces.parquet",
        target="results/arbor/targets/centre.parquet",
        density="results/arbor/tau_2d/density.parquet",
        samples_tau="results/arbor/tau_2d/samples.parquet",
        samples_first="results/arbor/first_2d/samples.parquet",
    output:
        svg=report(
            "results/figures/figure9.svg",
            caption="../report/figure3.rst",
            category="Figures",
            labels={"figure": "9"},
        ),
        png="results/figures/figure9.png",
    log:
        "results/logs/plot_figure9.log",
    benchmark:
        "results/benchmarks/plot_figure9.tsv"
    params:
        settings=partial(plane_settings, "arbor"),
        code=code("plot_figure3"),
    message:
        "Drawing figure 9"
