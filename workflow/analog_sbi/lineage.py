"""What an artifact was made from, as one key: settings, code, and the keys of its inputs.

The key of a job is a digest over its rule, wildcards and params, among them the digest of its
code, and over the keys of its inputs, so over everything upstream. Files that no job makes count
by their content. Rules carry the key among their params, so that a number that changed anywhere
upstream is seen however the run before ended; artifacts carry it in their metadata, and jobs
refuse inputs that have another one than they were told.

    python -m analog_sbi lineage results/figures/figure3.png
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any

from analog_sbi import imprint
from analog_sbi.artifacts import read_metadata
from analog_sbi.errors import ArtifactError
from analog_sbi.provenance import file_digest

OWNED = (".parquet", ".pt")
"""Suffixes of the artifacts that tell who wrote them in any case."""
SIGNATURES = {".parquet": b"PAR1", ".pt": b"PK"}
"""What files of these kinds begin with."""
CARRIERS = (*OWNED, *imprint.KINDS)
"""Suffixes of those that may carry a key."""


@dataclass(frozen=True)
class Job:
    """What a job is given: settings and code as params, paths of its inputs."""

    rule: str
    wildcards: Mapping[str, str]
    params: Mapping[str, Any]
    inputs: Sequence[str]


class Lineage:
    """Keys of jobs and files. ``job_of`` gives the job that makes a path, None if there is none."""

    def __init__(self, job_of: Callable[[str], Job | None]) -> None:
        """Know nothing yet; each path is looked up once."""
        self._job_of = job_of
        self._of_paths: dict[str, str] = {}
        self._of_jobs: dict[tuple[str, str], str] = {}

    def key(self, path: str) -> str:
        """Key of a file, whether it is there or not; "none" of one that nothing makes or has."""
        if path not in self._of_paths:
            job = self._job_of(path)
            self._of_paths[path] = self._content(path) if job is None else self.job_key(job)
        return self._of_paths[path]

    def job_key(self, job: Job) -> str:
        """Key of all that a job makes. Raises TypeError for params that are no plain data."""
        name = job.rule, json.dumps(dict(job.wildcards), sort_keys=True)
        if name not in self._of_jobs:
            inputs = [self.key(path) for path in job.inputs]
            text = json.dumps([*name, dict(job.params), inputs], sort_keys=True, default=_plain)
            self._of_jobs[name] = hashlib.sha256(text.encode()).hexdigest()[:16]
        return self._of_jobs[name]

    def _content(self, path: str) -> str:
        return file_digest(path) if Path(path).is_file() else "none"


def of_a_seed(job: Job) -> Job:
    """What a job is given for each seed: all but their number."""
    return replace(job, params={name: v for name, v in job.params.items() if name != "seeds"})


def stored_key(path: str | Path) -> str | None:
    """Key that an artifact carries, "" if it should and does not, None where nobody can know.

    Nothing is known of what is not there, cannot be read, or is of a kind that carries none.
    Tables and posteriors must carry one, figures and texts, which nothing is made from, may.
    """
    if Path(path).suffix not in CARRIERS:
        return None
    try:
        found = str(read_metadata(path).get("lineage", {}).get("key", ""))
    except ArtifactError:
        return None
    return None if not found and Path(path).suffix not in OWNED else found


def left_behind(path: str | Path) -> bool:
    """Whether a file of a round is an earlier run's: another one made the rounds before it anew.

    All rounds that one job made have its key; others have the keys of what they were made from.
    """
    path = Path(path)
    facts = read_metadata(path)
    lineage, rule = facts.get("lineage", {}), str(facts.get("maker", {}).get("rule", ""))
    first = path.parent.parent / "round_0" / path.name
    if not lineage or not first.is_file():
        return False
    if rule.startswith("run_"):
        return stored_key(first) not in (None, lineage["key"])
    before = {
        path.parent.parent / Path(source).parent.name / Path(source).name: key
        for source, key in lineage["inputs"].items()
        if Path(source).parent.name.startswith("round_")
    }
    return any(
        source.is_file() and stored_key(source) not in (None, key) for source, key in before.items()
    )


def foreign(path: str | Path) -> bool:
    """Whether an artifact is there that no study wrote: it must not be overwritten."""
    path = Path(path)
    if path.suffix not in CARRIERS or not path.is_file():
        return False
    try:
        return bool(path.stat().st_size) and not read_metadata(path)
    except ArtifactError:
        # One of the study's that was damaged, told where it is read, is still of its kind.
        content = path.read_bytes()
        if path.suffix in OWNED:
            return bool(content) and not content.startswith(SIGNATURES[path.suffix])
        return imprint.NAME.encode() not in content


def check_inputs(keys: Mapping[str, str]) -> None:
    """Raise ArtifactError for the first input that carries another key than expected."""
    for path, expected in keys.items():
        found = stored_key(path)
        if found is not None and found != expected:
            raise ArtifactError(
                f"{path}: {otherwise(expected, found)}; delete it to have it made again"
            )


def otherwise(expected: str, found: str) -> str:
    """Words for an artifact that carries another key than expected."""
    return (
        f"expected the lineage {expected}, found {found or 'none'}, "
        "so it was made from other settings, code or inputs"
    )


def check_unmixed(paths: Iterable[str]) -> None:
    """Raise ArtifactError if artifacts were made from a file as it was at different times.

    Looks at the files themselves, and at all that they were made from as far as it is still there.
    """
    of_files: dict[str, tuple[str, str]] = {}
    todo = list(paths)
    for path in todo:
        found = stored_key(path)
        if found:
            of_files[path] = found, ""
    for path in todo:  # grows
        for source, key in _inputs(path).items():
            known, user = of_files.setdefault(source, (key, path))
            if known != key:
                other = f"{user} from that of" if user else "it has"
                raise ArtifactError(
                    f"{path}: expected to be made from what all the rest is made from, found "
                    f"{source} of the lineage {key}, {other} {known}; delete what is older to "
                    "have it made again"
                )
            if source not in todo and stored_key(source) == key:
                todo.append(source)


def _inputs(path: str) -> dict[str, str]:
    """Keys of the files that an artifact was made from, as they were; none where not known."""
    if Path(path).suffix not in CARRIERS:
        return {}
    try:
        return dict(read_metadata(path).get("lineage", {}).get("inputs", {}))
    except ArtifactError:
        return {}


def tree(path: str | Path, key: str = "") -> Iterator[str]:
    """Lines that tell what an artifact was made from, indented by how far up it is.

    ``key`` is the one that it had when it was used. Raises ArtifactError if it is damaged.
    """
    made: dict[str, str] = {}
    yield from _lines(str(path), key, 0, made)


def _lines(path: str, key: str, depth: int, made: dict[str, str]) -> Iterator[str]:
    indent = "  " * depth
    if not Path(path).is_file():
        yield f"{indent}{path}: not there" + (f", was {key}" if key else "")
        return
    facts = read_metadata(path) if PurePath(path).suffix in CARRIERS else {}
    lineage, maker = facts.get("lineage", {}), facts.get("maker", {})
    if not lineage:
        content = file_digest(path)
        changed = f", was {key}" if key and PurePath(path).suffix not in CARRIERS else ""
        yield f"{indent}{path}: {content}" + (changed if content != key else "")
        return
    found = lineage["key"]
    changed = f", was {key} when it was used" if key not in ("", found) else ""
    yield (
        f"{indent}{path}: {found}{changed}, by {maker['rule']} of version {maker['version']} "
        f"with settings {maker['settings']}" + (", see above" if path in made else "")
    )
    if path not in made:
        made[path] = found
        for source, then in sorted(lineage["inputs"].items()):
            yield from _lines(source, then, depth + 1, made)


def _plain(value: Any) -> Any:
    if isinstance(value, PurePath):
        return value.as_posix()
    if isinstance(value, set | frozenset):
        return sorted(value)
    if hasattr(value, "tolist"):  # numbers and arrays of numpy
        return value.tolist()
    raise TypeError(f"params of rules are plain data, found {type(value).__name__}: {value!r}")
