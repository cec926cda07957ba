"""Write the generated pages of docs/, or with --check say which of them are not up to date (exit code 1)."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from tools import pages

DOCS = Path(__file__).resolve().parents[1] / "docs"


def generate() -> dict[str, str]:
    """Return every generated page's text by its file name."""
    found = (import_module(f"{pages.__name__}.{module.name}") for module in iter_modules(pages.__path__))
    return {module.PAGE: module.write() for module in found}


def main(*, check: bool) -> int:
    """Write what differs, or only name it. Return the exit code."""
    stale = [name for name, text in generate().items() if _present(DOCS / name) != text]
    for name in stale:
        print(f"docs/{name} {'is not up to date: run make docs' if check else 'written'}")
        if not check:
            (DOCS / name).write_text(generate()[name], encoding="utf-8")
    return int(check and bool(stale))


def _present(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
