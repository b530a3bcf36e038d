"""A run as a Workflow Run RO-Crate: one file to deposit, with what was run and what came out.

RO-Crate 1.1 (https://w3id.org/ro/crate/1.1) with the profile Workflow Run Crate 0.5
(https://w3id.org/ro/wfrun/workflow/0.5): the workflow, the configuration as its input, figures,
claims and report as its outputs, and the action that ties them.
"""

from __future__ import annotations

import json
import mimetypes
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analog_sbi.artifacts import replacing

METADATA = "ro-crate-metadata.json"
WORKFLOW = "workflow/Snakefile"
README = "README.md"
SETTINGS = "configuration.yaml"
VERSION = "https://w3id.org/ro/crate/1.1"
WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    WORKFLOW_CRATE: "Workflow RO-Crate",
}
BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
MIT = "https://spdx.org/licenses/MIT"
SNAKEMAKE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
MAINTAINERS = "#maintainers"
MEDIA = {".md": "text/markdown", ".parquet": "application/vnd.apache.parquet"}
"""Media types that Python's own list may lack."""


def write_crate(
    path: str | Path,
    outputs: Mapping[str, Sequence[str]],
    settings: str,
    source: Mapping[str, str],
    facts: Mapping[str, str],
) -> None:
    """Write the crate of a run as ZIP.

    ``outputs``: paths in the folder of the run by what they are (figures, claims, ...);
    ``settings``: the whole configuration as YAML; ``source``: files of the workflow by their names
    in the crate, ``workflow/Snakefile`` among them; ``facts``: version, commit, backend, budgets.
    """
    made = [name for paths in outputs.values() for name in paths]
    ended = datetime.fromtimestamp(max(Path(name).stat().st_mtime for name in made), UTC)
    described = describe(outputs, list(source), facts, ended.isoformat("T", "seconds"))
    with (
        replacing(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as crate,
    ):
        crate.writestr(METADATA, json.dumps(described, indent=1, ensure_ascii=False))
        crate.writestr(SETTINGS, settings)
        for name, file in [*source.items(), *zip(made, made, strict=True)]:
            crate.write(file, name)


def describe(
    outputs: Mapping[str, Sequence[str]],
    source: Sequence[str],
    facts: Mapping[str, str],
    ended: str,
) -> dict[str, Any]:
    """Metadata of the crate (JSON-LD); ``ended`` is when the run ended, in ISO 8601.

    Raises ValueError if the workflow is not among its ``source``.
    """
    if WORKFLOW not in source:
        raise ValueError(f"crate: expected {WORKFLOW} among the files of the workflow")
    made = [path for paths in outputs.values() for path in paths]
    about = {
        "name": f"A run of analog-sbi {facts['version']}",
        "description": "Figures and claims of a study of simulation-based inference on analog "
        f"neuromorphic hardware; backend {facts['backend']}, {facts['budgets']} budgets",
        "datePublished": ended[:10],
        "conformsTo": _refer(*PROFILES),
        "mainEntity": _refer(WORKFLOW),
        "mentions": _refer("#run"),
        "hasPart": _refer(SETTINGS, *source, *made),
    }
    run = {
        "name": f"snakemake: analog-sbi {facts['version']}",
        "description": f"The workflow at commit {facts['commit']}, on {facts['backend']}",
        "instrument": _refer(WORKFLOW),
        "object": _refer(SETTINGS),
        "result": _refer(*made),
        "endTime": ended,
    }
    workflow = {
        "name": "analog-sbi",
        "version": facts["version"],
        "encodingFormat": "text/plain",
        "conformsTo": _refer(BIOSCHEMAS),
        "programmingLanguage": _refer(SNAKEMAKE),
        "input": _refer("#settings"),
        "output": _refer(*(f"#{name}" for name in outputs)),
    }
    descriptor = {"about": _refer("./"), "conformsTo": _refer(VERSION, WORKFLOW_CRATE)}
    owned = {"author": _refer(MAINTAINERS), "license": _refer(MIT)}
    code = ["File", "SoftwareSourceCode", "ComputationalWorkflow"]
    graph = [
        _entity(METADATA, "CreativeWork", **descriptor),
        _entity("./", "Dataset", **about, **owned),
        _entity(WORKFLOW, code, **workflow, **owned),
        *(_file(path) for path in source if path not in (WORKFLOW, README)),
        *([{**_file(README), "about": _refer("./")}] if README in source else []),
        _file(SETTINGS, name="The whole configuration of this run", parameter="settings"),
        *(_file(path, parameter=name) for name in outputs for path in outputs[name]),
        _parameter("settings", SETTINGS),
        *(_parameter(name, *paths) for name, paths in outputs.items()),
        _entity("#run", "CreateAction", **run),
        _entity(
            SNAKEMAKE, "ComputerLanguage", name="Snakemake", url="https://snakemake.readthedocs.io"
        ),
        _entity(MIT, "CreativeWork", name="MIT License", identifier="MIT"),
        _entity(MAINTAINERS, "Organization", name="The analog-sbi maintainers"),
        _entity(BIOSCHEMAS, "CreativeWork", name="Bioschemas ComputationalWorkflow"),
        *(
            _entity(uri, "CreativeWork", name=name, version=uri.rsplit("/", 1)[-1])
            for uri, name in PROFILES.items()
        ),
    ]
    return {"@context": f"{VERSION}/context", "@graph": graph}


def _entity(name: str, kind: str | list[str], /, **properties: Any) -> dict[str, Any]:
    return {"@id": name, "@type": kind, **properties}


def _file(path: str, name: str | None = None, parameter: str | None = None) -> dict[str, Any]:
    """A file, and the parameter of the workflow that it stood for in the run."""
    media = MEDIA.get(Path(path).suffix) or mimetypes.guess_type(path)[0] or "text/plain"
    example = {} if parameter is None else {"exampleOfWork": _refer(f"#{parameter}")}
    return _entity(path, "File", name=name or path, encodingFormat=media, **example)


def _parameter(name: str, *examples: str) -> dict[str, Any]:
    """A formal parameter of the workflow, and the files that stood for it in the run."""
    return _entity(
        f"#{name}",
        "FormalParameter",
        name=name,
        additionalType="File",
        workExample=_refer(*examples),
    )


def _refer(*names: str) -> dict[str, str] | list[dict[str, str]]:
    """Reference to an entity, or to several."""
    each = [{"@id": name} for name in names]
    return each[0] if len(each) == 1 else each
