# Where the files of the study are, in a checkout or a repository elsewhere, and its library.

import os
import sys
import tomllib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.settings.types import DeploymentMethod
from snakemake.sourcecache import LocalSourceFile
from snakemake.utils import update_config

RULES = workflow.current_basedir
IS_CHECKOUT = isinstance(RULES, LocalSourceFile)


def beside(path):
    """File of the study by its path from this folder; a copy, if the rules are taken from afar."""
    file = RULES.join(path)
    return Path(file.path).resolve() if IS_CHECKOUT else Path(workflow.sourcecache.get_path(file))


def is_there(path):
    """Whether the study has a file."""
    return beside(path).is_file() if IS_CHECKOUT else workflow.sourcecache.exists(RULES.join(path))


CONFIGURATION = beside("../../config/config.yaml")
VERSION = tomllib.loads(beside("../../pyproject.toml").read_text())["project"]["version"]
INSTALL = (
    f"pip install --editable {beside('../..')}"
    if IS_CHECKOUT
    else "pip install it from the repository at the same tag (docs/deployment.md)"
)

if IS_CHECKOUT:
    # The library of the same checkout, installed or not: here, and in all jobs.
    of_jobs = os.environ
    places = [str(beside("..")), *of_jobs.get("PYTHONPATH", "").split(os.pathsep)]
    sys.path.insert(0, places[0])
    of_jobs["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(filter(None, places)))
for package in ("analog_sbi", "numpy", "pandas", "pandera", "pyarrow", "pydantic", "torch", "sbi"):
    if find_spec(package) is None:
        raise WorkflowError(
            f"expected the library analog-sbi {VERSION} and what it needs, found no {package} in "
            f"{sys.executable}; {INSTALL}"
        )

from analog_sbi.provenance import commit, version
from analog_sbi.study.anchors import apart

if version() != VERSION:
    raise WorkflowError(
        f"expected the library analog-sbi {VERSION}, as these rules, found {version()}; {INSTALL}"
    )


@cache
def own_commit():
    """Commit of the checkout, or where the rules are taken from."""
    return commit(beside("../..")) if IS_CHECKOUT else str(RULES)


def complete(given):
    """Give a configuration what it does not say: a module may be given a part of it.

    Files are read again, since Snakemake merges them while entries with one anchor are one object.
    """
    read_by_snakemake = not workflow.modifier.skip_configfile
    given_by = workflow.config_settings
    parts = [load_configfile(CONFIGURATION)]
    if read_by_snakemake:
        parts += [*map(load_configfile, given_by.configfiles), given_by.config]
    else:
        parts += [given]
    whole = {}
    for part in parts:
        update_config(whole, apart(part))
    given.clear()
    given.update(whole)


if (
    workflow.is_main_process
    and DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method
):
    logger.info(
        "--sdm conda makes no environment: Snakemake and its jobs share the one of "
        "envs/environment.yaml (docs/deployment.md)"
    )
