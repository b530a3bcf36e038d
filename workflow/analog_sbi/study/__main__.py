"""``python -m analog_sbi.study`` writes ``config/schema.json`` and ``config/README.md``."""

from __future__ import annotations

from analog_sbi.provenance import WORKFLOW
from analog_sbi.study.generated import contents


def main() -> None:
    """Write each file that differs from what the models say."""
    folder = WORKFLOW.parent / "config"
    for name, content in contents(folder).items():
        path = folder / name
        if not path.is_file() or path.read_text() != content:
            path.write_text(content)
            print(f"wrote {path}")


if __name__ == "__main__":
    main()
