from __future__ import annotations

import ast

import pytest

from tools.mutate import mutant_of
from tools.mutations import mutations


def mutants(text: str) -> set[str]:
    """Return every mutant of one line or function."""
    return {mutant_of(text, number) for number in range(len(mutations(ast.parse(text))))}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a < b", {"a <= b"}),
        ("a == b != c", {"a != b != c", "a == b == c"}),
        ("a + b", {"a - b"}),
        ("a & 3", {"a | 3", "a & 4", "a & 2", "a & 0"}),
        ("a and b", {"a or b"}),
        ("not a", {"not not a"}),
        ("min(a, 1)", {"max(a, 1)", "min(a, 2)", "min(a, 0)"}),
        ("[a for a in b if a]", {"[a for a in b if not a]"}),
        ("if a is b:\n    c()", {"if a is not b:\n    c()", "if a is b:\n    pass"}),
        ("def f():\n    return a", {"def f():\n    return None"}),
        ("def f():\n    return [a]", {"def f():\n    return ()"}),
        ("def f():\n    return ()", set()),
        ("x = True", {"x = False"}),
        ("x = {7: 'seven'}", {"x = {8: 'seven'}", "x = {6: 'seven'}", "x = {0: 'seven'}"}),
        ("a if b else c", {"a if not b else c"}),
        ("for x in y:\n    break", {"for x in y:\n    continue"}),
        (
            "def f(x: int | None) -> int | str:\n    '''Told.'''\n    g(x)",
            {"def f(x: int | None) -> int | str:\n    '''Told.'''\n    pass"},
        ),
        ("Event = Reading | Malformed", set()),
        (
            "class Line(Struct, frozen=True):\n    x = f(y=True)",
            {"class Line(Struct, frozen=True):\n    x = f(y=False)"},
        ),
        ("_SIZE = _HEAD | _TAIL", {"_SIZE = _HEAD & _TAIL"}),
    ],
)
def test_each_small_change_is_made_alone(text: str, expected: set[str]) -> None:
    assert mutants(text) == {ast.unparse(ast.parse(each)) for each in expected}
