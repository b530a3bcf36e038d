"""The report: captions, verdicts, times, and what is said of small budgets."""

import re

import jinja2
import pandas as pd
import pytest

from analog_sbi.artifacts import Maker
from analog_sbi.paper import table
from analog_sbi.report import captions, content
from analog_sbi.report.write import write_report

CLAIMS = pd.DataFrame(
    {
        "id": ["good", "bad", "open", "own"],
        "figure": ["3A"] * 4,
        "paper": ["tau = 1", "r < 2 & more", "b", "c"],
        "value": ["1.1", "r = 3", None, "4"],
        "criterion": ["tau < 2", "r < 2", "b", "c"],
        "holds": pd.array([True, False, None, True], dtype="boolean"),
    }
)


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/figures").mkdir(parents=True)
    (tmp_path / "results/figures/figure3.svg").write_text("<svg xmlns='x'/>")
    table.write(CLAIMS, "results/figure3.parquet", Maker("check_claims", "0"))
    jobs = tmp_path / "results/benchmarks/plot"
    jobs.mkdir(parents=True)
    for name, row in (("a", "2.5\t100"), ("b", "70\tNA")):
        (jobs / f"{name}.tsv").write_text(f"s\tmax_rss\n{row}\n")
    return tmp_path


PICTURE = {
    "name": "figure3",
    "title": "Grid",
    "module": "figure3",
    "number": "3",
    "path": "results/figures/figure3.svg",
    "caption": "**A** on ``bss2_sim`` <x>",
    "tables": ["results/bss2_sim/chain/grid.parquet"],
}


def page(results, **changed) -> str:
    parts = content.sections([PICTURE], {"figure3": "results/figure3.parquet"}, ["own"])
    told = {
        "backend": "arbor",
        "day": "1 May 2026",
        "facts": {"commit": "abc"},
        "smaller": [],
        "missing": [],
        "settings": "seed: 1",
        "jobs": content.jobs("results/benchmarks"),
    }
    write_report("results/report.html", parts, **{**told, **changed})
    return (results / "results/report.html").read_text()


def test_a_caption_prints_what_it_is_given():
    text = captions.rendered(
        'seed {{ snakemake.params.given["seed"] }} of {{ snakemake.config["backend"] }}, '
        "{{ snakemake.params.name }}",
        {"seed": 3},
        {"backend": "arbor"},
        name="figure3",
    )
    assert text == "seed 3 of arbor, figure3"
    with pytest.raises(jinja2.UndefinedError):
        captions.rendered("{{ snakemake.params.absent }}", {}, {})


def test_a_caption_as_html_keeps_what_it_says():
    assert (
        captions.html("**A** ``b`` <c> & d")
        == "<strong>A</strong> <code>b</code> &lt;c&gt; &amp; d"
    )


def test_claims_stand_beside_their_figure_with_verdicts(results):
    text = page(results)
    assert text.count('class="claim yes"') == 2
    assert text.count('class="claim no"') == 1
    assert text.count('class="claim open"') == 1
    assert "2 of 3 claims hold" in text
    assert "1 fail" in text
    assert "1 are not computed" in text
    assert "<small>(ours)</small>" in text
    assert "r &lt; 2 &amp; more" in text
    assert re.search(r'href="#figure3">Figure 3</a> <span class="no"', text)
    assert 'href="bss2_sim/chain/grid.parquet"' in text
    assert "in the simulator Arbor" in text


def test_it_needs_no_file_beside_it(results):
    sources = re.findall(r'(?:src|href)="([^"#]+)"', page(results))
    assert sources
    for source in sources:
        assert source.startswith(("data:", "bss2_sim/", "https://doi.org/")), source
    assert "<script" not in page(results)


@pytest.mark.parametrize(("smaller", "said"), [([], False), (["grid.steps"], True)])
def test_small_budgets_are_told_on_top(results, smaller, said):
    text = page(results, smaller=smaller)
    assert ("Small budgets" in text) == said
    if said:
        assert text.index("grid.steps") < text.index("Figure 3: Grid")


@pytest.mark.parametrize(("count", "folded"), [(8, False), (9, True)])
def test_a_long_list_of_tables_is_folded(results, monkeypatch, count, folded):
    monkeypatch.setitem(PICTURE, "tables", [f"results/{n}.parquet" for n in range(count)])
    text = page(results)
    assert text.count(".parquet</a>") == count
    assert (f"<summary>Drawn from {count} tables</summary>" in text) == folded
    assert text.count("<details") == text.count("</details>")


def test_figures_that_are_not_there_are_named(results):
    assert "Not computed with these settings: Coverage." in page(results, missing=["Coverage"])
    assert "Not computed with" not in page(results)


def test_jobs_are_summed_by_rule(results):
    (jobs,) = content.jobs("results/benchmarks")
    assert (jobs.rule, jobs.count, jobs.seconds, jobs.longest) == ("plot", 2, 72.5, 70)
    assert jobs.memory == 100
    assert "1 min 12 s" in page(results)


def test_a_huge_drawing_is_shown_as_pixels(results):
    folder = results / "results/figures"
    (folder / "figure3.png").write_bytes(b"pixels")
    assert "image/svg+xml" in page(results)
    (folder / "figure3.svg").write_text("x" * (content.LARGEST_DRAWING + 1))
    assert "image/svg+xml" not in page(results)
    assert "image/png" in page(results)
