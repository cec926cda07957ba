"""Errors that name the place and the remedy."""

from __future__ import annotations

import msgspec


class AgentError(Exception):
    """Base of everything the agent raises on purpose; its text is fit for a person."""


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong in a configuration.

    `where` is a file and line, or a JSON Pointer; `path` the dotted path of the setting; `found` what stands there;
    `allowed` what may; `remedy` what to do.
    """

    where: str
    path: str
    found: str
    allowed: str
    remedy: str

    def __str__(self) -> str:
        """Return the one-line form that a terminal shows."""
        return f"{self.where}: {self.path}: found {self.found}; allowed: {self.allowed}; {self.remedy}"


class ConfigError(AgentError):
    """A configuration is refused. Carries every problem, not the first alone."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Take all `problems`, at least one."""
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems

    @property
    def summary(self) -> str:
        """Return the first problem, and how many more there are."""
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        return f"{self.problems[0]}{more}"


class RestartWantedError(AgentError):
    """The program cannot mend something from within and ends to be started afresh; the text says what."""


class BundleError(AgentError):
    """A model bundle is refused; the text names the file, what was expected and what was found."""
