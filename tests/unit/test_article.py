"""The article: numbers of a run, and none but those."""

import re
import sys

import pandas as pd
import pytest

from analog_sbi.paper import registry
from analog_sbi.report import article


@pytest.fixture(scope="module")
def table():
    claims = registry.claims()
    holds = pd.array([True, False, *[pd.NA] * (len(claims) - 2)], dtype="boolean")
    names = [claim.id for claim in claims]
    return pd.DataFrame({"id": names, "paper": "said", "value": "seen", "holds": holds})


def test_numbers_say_what_holds_and_leave_open_what_was_not_computed(table):
    content = article.numbers(table, {"version": "1"})
    rows = list(content["claims"].values())
    assert rows[0] == {"paper": "said", "value": "seen", "holds": "yes"}
    assert rows[1]["holds"] == "no"
    assert rows[2] == {"paper": "said", "value": "–", "holds": "open"}
    assert content["count"]["paper_holds"] == "1"
    assert content["count"]["paper"] == "2"
    assert content["facts"] == {"version": "1"}


def test_every_claim_that_the_article_speaks_of_is_one(root, table):
    source = (root / "article" / "article.typ").read_text()
    named = set(re.findall(r'#(?:value|paper|verdict)\("([^"]+)"\)', source))
    assert named
    assert named <= set(table["id"])


def test_no_number_stands_in_the_text(root):
    source = (root / "article" / "article.typ").read_text()
    _, _, text = source.partition("= Abstract")
    text = re.sub(r'"[^"]*"', "", text)
    text = text.replace("BrainScaleS-2", "")
    text = re.sub(r"(columns|numbering): .*", "", text)
    assert re.findall(r"\d", text) == []


def test_without_typst_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(article.ArticleError, match="expected the package typst, found none"):
        article.typeset(tmp_path, tmp_path / "article.pdf")


def test_parts_are_gathered(tmp_path):
    (tmp_path / "a.typ").write_text("text")
    folder = tmp_path / "article"
    folder.mkdir()
    article.gather([str(tmp_path / "a.typ")], folder)
    assert (folder / "a.typ").read_text() == "text"
