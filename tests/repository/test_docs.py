"""What the texts name exists: links and their sections, files, commands with their options, targets of make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.cli.main import COMMANDS, main
from tests.paths import CHECKOUT

TEXTS = [CHECKOUT / "README.md", CHECKOUT / "CHANGELOG.md", *sorted(CHECKOUT.glob("docs/*.md"))]
TEXTS += sorted(path for folder in ("firmware_bridges", "edge_agent") for path in (CHECKOUT / folder).rglob("*.md"))
EVERY = pytest.mark.parametrize("text", TEXTS, ids=lambda path: str(path.relative_to(CHECKOUT)))

LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
NAMED = re.compile(r"(?<![\w./-])((?:[\w-]+/)+[\w.-]+\.(?:py|md|yaml|sh|toml|json|csv|ino|h))\b")
COMMAND = re.compile(r"edge-agent ([a-z]+)([^`\n#|]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def sections(text: Path) -> set[str]:
    """Return the anchors that a page offers."""
    titles = re.findall(r"^#+ (.+)$", text.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-") for title in titles}


def broken(text: Path) -> Iterator[str]:
    """Give every link of a page that leads nowhere."""
    for path, section in LINK.findall(text.read_text("utf-8")):
        target = text.parent / path if path else text
        if not target.exists() or (section and section not in sections(target)):
            yield f"{path}#{section}"


def absent(text: Path) -> Iterator[str]:
    """Give every file that a page names by its path and that is not there; NAME in a path stands for any."""
    for name in NAMED.findall(text.read_text("utf-8")):
        if "NAME" not in name and not any(
            (base / name).exists() for base in (CHECKOUT, CHECKOUT / "edge_agent", text.parent)
        ):
            yield name


def unknown(text: Path) -> Iterator[str]:
    """Give every command, and every option of one, that a page names and nobody has."""
    for name, rest in COMMAND.findall(text.read_text("utf-8")):
        command = main.get_command(main.make_context("edge-agent", [name], resilient_parsing=True), name)
        known = (
            {option for each in command.params for option in (*each.opts, *each.secondary_opts)} if command else set()
        )
        yield from (f"{name} {option}" for option in ([] if command else [""]))
        yield from (f"{name} {option}" for option in OPTION.findall(rest) if option not in {*known, "--help"})


@EVERY
def test_every_link_leads_somewhere(text: Path) -> None:
    assert list(broken(text)) == []


@EVERY
def test_every_file_that_is_named_is_there(text: Path) -> None:
    assert list(absent(text)) == []


@EVERY
def test_every_command_that_is_named_can_be_called_like_that(text: Path) -> None:
    assert list(unknown(text)) == []


def test_the_readme_names_every_command_and_every_target_of_make_that_it_names_is_one() -> None:
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    targets = re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert set(re.findall(r"^    make ([a-z]+)", readme, re.MULTILINE)) <= set(targets)
    service = {"run", "demo"}
    assert set(COMMANDS) - service <= set(re.findall(r"edge-agent ([a-z]+)", readme))


def test_what_is_wrong_in_a_text_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Here it is\n[a](no.md) [b](page.md#here-it-is) [c](#there) docs/none.md docs/wire.md\n"
        "`edge-agent score news2`\n"
        "`edge-agent scold`, `edge-agent watch --sight X --ward W`",
        encoding="utf-8",
    )
    assert list(broken(page)) == ["no.md#", "#there"]
    assert list(absent(page)) == ["docs/none.md"]
    assert list(unknown(page)) == ["scold ", "watch --sight"]
