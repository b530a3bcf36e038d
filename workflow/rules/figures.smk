# Figures of the paper and of our own: a rule each, drawn from the artifacts that it declares.

from analog_sbi.paper import given
from analog_sbi.paper.registry import dotted, figures
from analog_sbi.paper.targets import targets


def shown(figure):
    """Output of a figure; those of a category are in the report, where a caption may be their own."""
    svg, _ = figure.files(BACKEND)
    if figure.category is None:
        return svg
    own = is_there(f"../report/{figure.caption}.rst")
    return report(
        svg,
        caption=f"../report/{figure.caption if own else 'figure'}.rst",
        category=figure.category,
        labels={"figure": f"{figure.number or figure.name}: {figure.title}", "backend": BACKEND},
    )


def describe(name, text):
    """Docstring of a rule, if a module that takes some of the rules has taken it."""
    getattr(rules, name).rule.docstring = text


def drawn_from(figure):
    """Input function of a figure: what it needs, asked only if it is drawn."""

    def paths(wildcards):
        refused(given.check_drawn, figure)
        return given.figure_paths(study, figure)

    return paths


def given_to(figure):
    """What a figure is given beside: problems, frame, and the settings that it names."""
    return lambda wildcards: given.figure_given(study, figure)


for figure in figures().values():

    rule:
        name:
            f"plot_{figure.name}"
        input:
            drawn_from(figure),
        output:
            svg=shown(figure),
            png=figure.files(BACKEND)[1],
        log:
            f"results/logs/plot_{figure.name}.log",
        benchmark:
            f"results/benchmarks/plot_{figure.name}.tsv"
        params:
            module=figure.module,
            name=figure.name,
            given=given_to(figure),
            code=code("draw_figure", dotted(figure.module)),
        message:
            f"Drawing {figure.called}"
        script:
            "../scripts/draw_figure.py"

    describe(f"plot_{figure.name}", f"{figure.title}.")


def with_page(target):
    """Input function of a target: the report, which all makes and others keep current.

    Jobs that are forced are those of the target alone, not of every figure on the report.
    """

    def page(wildcards):
        settings = workflow.dag_settings
        kept = Path(PAGE).is_file() and not (settings.forceall or settings.forcerun)
        return [PAGE] if target.name == "all" or kept else []

    return page


for target in targets(BACKEND, given.undecided(study)):

    rule:
        name:
            target.name
        default_target: target.name == "all"
        input:
            target.files,
            given.target_paths(study, target.needs),
            with_page(target),
        localrule: True

    describe(target.name, target.title)
