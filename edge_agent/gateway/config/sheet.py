"""An examiner's sheet for one configuration: where each setting stands, and all that is wrong with it."""

from __future__ import annotations

from edge_agent.domain.errors import ConfigError, Problem
from edge_agent.gateway.config.nodes import Place
from edge_agent.gateway.config.words import Path, clean, dotted

MOST = 200
"""Problems after which reading stops: nobody reads more, and no input may keep a gateway busy."""


class _Notes:
    """What all views of one sheet share."""

    def __init__(self) -> None:
        self.problems: list[tuple[int, Problem]] = []
        self.places: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self.refused: set[Path] = set()
        self.around: set[Path] = set()
        """Every path that is refused, or has something refused below it."""


class Sheet:
    """One configuration being read. Paths are relative to the section that this view shows."""

    def __init__(self) -> None:
        self._base: Path = ()
        self._notes = _Notes()

    def section(self, name: str) -> Sheet:
        """Return a view of the section `name`: its paths begin there."""
        view = Sheet()
        view._base, view._notes = (*self._base, name), self._notes
        return view

    def named(self, path: Path, key: Place) -> None:
        """Note where the key of the setting `path` stands."""
        self._notes.keys[self._base + path] = key

    def key(self, path: Path) -> Place | None:
        """Return where the key of the setting stands, None if it has none: an entry of a list, or not written."""
        return self._notes.keys.get(self._base + path)

    def stands(self, path: Path, place: Place) -> None:
        """Note that the value of the setting `path` is written at `place`."""
        self._notes.places[self._base + path] = place

    def written(self, path: Path) -> bool:
        """Tell whether the setting is in the configuration, rather than its default."""
        return self._base + path in self._notes.places

    def place(self, path: Path) -> Place:
        """Return where the setting stands, or the nearest section around it that is written."""
        full = self._base + path
        while full and full not in self._notes.places:
            full = full[:-1]
        return self._notes.places.get(full, Place(""))

    def sound(self, *paths: Path) -> bool:
        """Tell whether nothing at, above or below any of `paths` has been refused, so that its value may be judged."""
        return not any(self._base + path in self._notes.around or self.lost(path) for path in paths)

    def lost(self, path: Path) -> bool:
        """Tell whether the setting was refused as a whole, or a section around it was: then it has no value."""
        full = self._base + path
        return any(full[:length] in self._notes.refused for length in range(len(full) + 1))

    def complain(self, path: Path, found: str, allowed: str, remedy: str, at: Place | None = None) -> None:
        """Refuse the setting, once: what is already refused is not complained of again. Gives up after `MOST`."""
        full = self._base + path
        if full in self._notes.refused:
            return
        self._notes.refused.add(full)
        self._notes.around.update(full[:length] for length in range(len(full) + 1))
        place = at or self.place(path)
        problem = Problem(where=clean(place.text), path=dotted(full), found=found, allowed=allowed, remedy=remedy)
        self._notes.problems.append((place.order, problem))
        if len(self._notes.problems) == MOST:
            raise ConfigError((*self.problems(), _and_more(problem.where)))

    def problems(self) -> tuple[Problem, ...]:
        """Return all problems in the order of the text."""
        return tuple(problem for _, problem in sorted(self._notes.problems, key=lambda pair: pair[0]))

    def settle(self) -> None:
        """Raise `ConfigError` with every problem, if there is one."""
        if problems := self.problems():
            raise ConfigError(problems)


def _and_more(where: str) -> Problem:
    return Problem(where, ".", f"{MOST} problems, and perhaps more", "none", "correct these, then check again")
