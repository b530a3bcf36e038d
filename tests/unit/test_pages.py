"""Tables of claims in README and docs are filled from a run, and say what the registry says."""

import re

import pandas as pd
import pytest

from analog_sbi.artifacts import Maker
from analog_sbi.errors import ArtifactError
from analog_sbi.paper import registry
from analog_sbi.paper.table import cell, write
from analog_sbi.paper.verdicts import COLUMNS
from analog_sbi.provenance import version
from analog_sbi.report import pages
from analog_sbi.report.__main__ import main

PAGE = """# Page

<!-- run -->old<!-- end -->

| claim | the paper says | this run | holds |
|---|---|---|---|
| one | tau = 1 | 0 | yes |
| two (ours) | b | 0 | yes |

| other | table |
|---|---|
| one | kept |
"""


def claims(**changed) -> pd.DataFrame:
    values = {
        "id": ["one", "two"],
        "value": ["1.5", "a|b of F*"],
        "holds": pd.array([False, True], dtype="boolean"),
    }
    return pd.DataFrame({**values, **changed})


def test_rows_are_filled_by_the_name_of_their_claim():
    text = pages.filled(PAGE, claims(), "1 of 2")
    assert "| one | tau = 1 | 1.5 | **no** |" in text
    assert "| two (ours) | b | a\\|b of F\\* | yes |" in text
    assert "| one | kept |" in text
    assert "<!-- run -->1 of 2<!-- end -->" in text
    assert pages.filled(text, claims(), "1 of 2") == text


@pytest.mark.parametrize(
    "changed", [{"id": ["one", "three"]}, {"holds": pd.array([True, None], dtype="boolean")}]
)
def test_a_claim_without_a_verdict_is_refused(changed):
    with pytest.raises(ArtifactError, match="claim two: expected a verdict"):
        pages.filled(PAGE, claims(**changed), "")


def test_a_page_is_filled_from_the_tables_of_a_run(tmp_path):
    table = claims(figure="3", paper="p", criterion="c")[list(COLUMNS)]
    maker = Maker("collect_claims", "0")
    (tmp_path / "claims").mkdir()
    write(table[:1], tmp_path / "claims.parquet", maker)
    write(table, tmp_path / "claims/figure3.parquet", maker)
    (tmp_path / "page.md").write_text(PAGE)
    main(str(tmp_path / "claims.parquet"), [str(tmp_path / "page.md")])
    text = (tmp_path / "page.md").read_text()
    assert "| one | tau = 1 | 1.5 | **no** |" in text
    assert f"1 hold, 1 fail, 0 not computed, in a run of version {version()}." in text


def rows(text: str) -> dict[str, list[str]]:
    """Cells by claim of the tables of a page."""
    ids = {claim.id for claim in registry.claims()}
    found = (pages._cells(line) for line in text.splitlines())
    return {
        cells[0].removesuffix(" (ours)"): cells
        for cells in found
        if cells and cells[0].removesuffix(" (ours)") in ids
    }


def test_readme_and_docs_tell_of_one_run_what_the_registry_asks(root):
    whole = rows((root / "docs/claims.md").read_text())
    some = rows((root / "README.md").read_text())
    said = {claim.id: claim.paper for claim in registry.claims()}
    assert len(some) >= 4
    assert set(whole) == set(said)
    for name, cells in whole.items():
        assert cells[2] == cell(said[name])
        assert cells[-1] in ("yes", "**no**")
    for name, cells in some.items():
        assert cells[-2:] == whole[name][-2:], name
        assert cells[1] == cell(said[name])
    held = sum(cells[-1] == "yes" for cells in whole.values())
    for page in ("README.md", "docs/claims.md"):
        run = re.search(r"<!-- run -->(.*?)<!-- end -->", (root / page).read_text())
        assert run
        assert run[1].startswith(f"{held} hold, {len(whole) - held} fail")
