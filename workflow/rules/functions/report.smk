# What stands on the report.

import json

import yaml

from analog_sbi.paper.registry import OWN, claims_of
from analog_sbi.paper.targets import module_table
from analog_sbi.report.captions import rendered

PAGE = f"{PLACE}/report.html"
CRATE = f"{PLACE}/crate.zip"
WITH_EVERYTHING = {"all", "report", "crate", PAGE, CRATE}
"""Goals of a run that make the page with every figure of the paper and its claims."""


def on_page():
    """Files of figures and claims on the page: those that are asked for, or that are current.

    A job that runs in a process of its own finds all of them made.
    """
    every = {target.name: target.files for target in targets(BACKEND)}
    asked = set(workflow.dag_settings.targets) if workflow.is_main_process else {"nothing"}
    if not asked or asked & WITH_EVERYTHING:
        asked.add("all")
    wanted = {path for name in asked for path in every.get(name, ())}
    if asked & {"all", "claims"}:
        wanted.update(collected(BACKEND))
    return [path for path in _pageable() if path in wanted or is_current(path)]


def _pageable():
    tables = (module_table(module, BACKEND) for module in claim_modules())
    return [*(figure.files(BACKEND)[0] for figure in _of_a_category()), *tables]


def _of_a_category():
    return [figure for figure in figures().values() if figure.category is not None]


def caption(figure):
    """Text of the caption of a figure, with what this run uses in it."""
    path = f"../report/{figure.caption}.rst"
    source = beside(path if is_there(path) else "../report/figure.rst").read_text()
    return rendered(
        source, given.figure_given(study, figure), config, name=figure.name, module=figure.module
    )


def pictures(wildcards, input):
    """Figures on the page, as plain data."""
    return [
        {
            "name": figure.name,
            "title": figure.title,
            "module": figure.module,
            "number": figure.number,
            "path": figure.files(BACKEND)[0],
            "caption": caption(figure),
            "tables": given.figure_paths(study, figure),
        }
        for figure in _of_a_category()
        if figure.files(BACKEND)[0] in input
    ]


def tables_of_claims(wildcards, input):
    """Tables of claims on the page, by module."""
    paths = {module: module_table(module, BACKEND) for module in claim_modules()}
    return {module: path for module, path in paths.items() if path in input}


def told(wildcards, input):
    """What the page tells of the run beside figures and claims."""
    where = {"bss2_sim": f", chip {study.chip.serial}", "bss2": f", {study.bss2.module}"}
    return {
        "backend": BACKEND,
        "facts": {
            "commit": own_commit(),
            "backend": BACKEND + where.get(BACKEND, ""),
            "budgets": "small: a first look" if SMALLER else "full",
            "seed of the study": str(study.seed),
        },
        "smaller": SMALLER,
        "missing": [
            figure.title for figure in _of_a_category() if figure.files(BACKEND)[0] not in input
        ],
        "settings": yaml.safe_dump(json.loads(json.dumps(config)), sort_keys=False),
    }
