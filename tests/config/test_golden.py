"""What IT reads for typical mistakes, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.goldens import FILES, GOLDEN, printed


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_typical_mistake_reads_like_this(file: Path) -> None:
    assert printed(file) == file.with_suffix(".txt").read_text(encoding="utf-8"), (
        "run `python -m tests.config.goldens`, and read what changed as somebody who has never seen the code"
    )


def test_no_text_is_left_over() -> None:
    assert {file.stem for file in GOLDEN.glob("*.txt")} == {file.stem for file in FILES}
    assert len(FILES) >= 12
