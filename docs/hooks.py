"""What the site shows beside the pages in docs/: README, configuration, results, the library.

Pages are made of the files that readers of the repository see, so that they say the same. Links
out of docs/ become names of files, since a site has no files of the repository.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path, PurePosixPath

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
TAKEN = {
    "index.md": "README.md",
    "configuration.md": "config/README.md",
    "results.md": "results/README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
}
"""Pages of the site by the file that they are taken from."""
LIBRARY = (
    *("posterior", "artifacts", "lineage", "space", "dataset", "problem", "trials"),
    *("models", "backends", "estimators", "algorithms", "diagnostics.certificate"),
)
"""Modules that somebody outside of the study uses."""
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")


def on_files(files, config):
    """Add the pages that are taken from elsewhere and the one of the library."""
    pages = {name: (ROOT / source).read_text() for name, source in TAKEN.items()}
    pages["library.md"] = library()
    for name, text in pages.items():
        source = PurePosixPath(TAKEN.get(name, f"docs/{name}"))
        files.append(File.generated(config, name, content=moved(text, source.parent)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Name files outside of docs/ that a page links to."""
    return markdown if page.file.generated_by else moved(markdown, PurePosixPath("docs"))


def moved(text: str, folder: PurePosixPath) -> str:
    """Text of a page in ``folder`` with links that lead somewhere on the site."""

    def link(found: re.Match) -> str:
        picture, words, target, anchor = found.groups()
        if "://" in target or target.startswith("data:"):
            return found[0]
        path = _normal(folder / target)
        for page, source in TAKEN.items():
            if path == source:
                return f"[{words}]({page}{anchor or ''})"
        if path.startswith("docs/") and (ROOT / path).is_file():
            return f"{picture}[{words}]({path.removeprefix('docs/')}{anchor or ''})"
        return f"{words} (`{path}`)" if words.strip("`/") not in path else f"`{path}`"

    return LINK.sub(link, text)


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def library() -> str:
    """Public functions and classes of the library with their docstrings."""
    lines = ["# Library", "", "What Python code outside of the study uses.", ""]
    for name in LIBRARY:
        path = ROOT / "workflow/analog_sbi" / name.replace(".", "/")
        file = (
            path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"
        )
        tree = ast.parse(file.read_text())
        lines += [f"## analog_sbi.{name}", "", _prose(tree), ""]
        for node in _public(tree):
            lines += [
                f"### {node.name}",
                "",
                "```python",
                _signature(node),
                "```",
                "",
                _prose(node),
                "",
            ]
            for part in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(part, ast.FunctionDef) and not part.name.startswith("_"):
                    lines += [f"- `{_signature(part)}` {_prose(part)}"]
            lines += [""]
    return "\n".join(lines) + "\n"


def _public(tree: ast.Module) -> list:
    kinds = (ast.FunctionDef, ast.ClassDef)
    return [node for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")]


def _signature(node) -> str:
    if isinstance(node, ast.ClassDef):
        fields = [ast.unparse(part) for part in node.body if isinstance(part, ast.AnnAssign)]
        return "\n    ".join([f"class {node.name}:", *fields])
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{node.name}({ast.unparse(node.args)}){returns}"


def _prose(node) -> str:
    text = ast.get_docstring(node) or ""
    return re.sub(r"``(.+?)``", r"`\1`", text)
