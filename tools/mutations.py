"""Small changes of a program, one at a time: what `tools.mutate` tries.

Never changed: annotations, texts, and how a class is defined (frozen or not), which guards the program against itself.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

Apply = Callable[[], None]


class Mutation(NamedTuple):
    """A change of the tree: where (line, column), what it is called, and how to make it."""

    line: int
    column: int
    what: str
    apply: Apply


_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.Pow: ast.Mult,
}
_JOINS: dict[type[ast.boolop], type[ast.boolop]] = {ast.And: ast.Or, ast.Or: ast.And}
_NOTHING = {"None", "()", "[]", "{}", "False"}
"""What is returned where nothing is: to return None instead would say the same."""
_EXTREMES = {"min": "max", "max": "min"}
_SEVERAL = ast.Tuple | ast.List | ast.Set | ast.Dict | ast.ListComp | ast.SetComp | ast.DictComp


def mutations(tree: ast.Module) -> list[Mutation]:
    """Return every change that can be made to `tree`, in the order of the text. Make one only of each tree."""
    found = [mutation for node in _running(tree) for mutation in _of(node)]
    return sorted(found, key=lambda each: each[:3])


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """Yield `node` and what is below it, without annotations, the aliases of types and the options of classes."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "keywords"} - _called(node) or (name == "value" and _alias(node)):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _running(child)


def _called(node: ast.AST) -> set[str]:
    """Return the fields of `node` that mean something after all: a call's keywords."""
    return {"keywords"} if isinstance(node, ast.Call) else set()


def _alias(node: ast.AST) -> bool:
    """Tell whether `node` names a type: `Event = Reading | Malformed`."""
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp | ast.Subscript) and _types(node.value)


def _types(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.BitOr) and _types(node.left) and _types(node.right)
    if isinstance(node, ast.Subscript):
        return _types(node.value)
    return isinstance(node, ast.Name) and (not node.id.isupper()) and node.id.lstrip("_")[:1].isupper()


def _of(node: ast.AST) -> Iterator[Mutation]:
    if isinstance(node, ast.expr | ast.stmt):
        for what, apply in (*_changes(node), *_operators(node)):
            yield Mutation(node.lineno, node.col_offset, what, apply)
    if isinstance(node, ast.FunctionDef | ast.If | ast.For | ast.While | ast.Try | ast.With):
        yield from _removals(node.body)


def _changes(node: ast.AST) -> Iterator[tuple[str, Apply]]:  # noqa: C901 - one branch is one kind of change
    """Yield changes of where the program goes and of what it says."""
    if isinstance(node, ast.If | ast.IfExp | ast.While) and not _reversible(node.test):
        yield "condition", lambda: setattr(node, "test", ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        for ifs in (each.ifs for each in node.generators):
            for place, test in enumerate(ifs):
                if not _reversible(test):
                    yield "condition", partial(ifs.__setitem__, place, ast.UnaryOp(ast.Not(), test))
    elif isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) not in _NOTHING:
        nothing = ast.Tuple([]) if isinstance(node.value, _SEVERAL) else ast.Constant(None)
        yield "returns nothing", lambda: setattr(node, "value", nothing)
    elif isinstance(node, ast.Break):
        yield "break", lambda: setattr(node, "__class__", ast.Continue)
    elif isinstance(node, ast.Continue):
        yield "continue", lambda: setattr(node, "__class__", ast.Break)
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield "truth", lambda: setattr(node, "value", not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        found = {0: "zero", node.value + 1: "one more", node.value - 1: "one less"}
        for value in found.keys() - {node.value}:
            yield found[value], partial(setattr, node, "value", value)


def _reversible(test: ast.expr) -> bool:
    """Tell whether a change of the operator itself says the opposite already."""
    if isinstance(test, ast.Compare):
        return len(test.ops) == 1 and isinstance(
            test.ops[0], ast.Eq | ast.NotEq | ast.In | ast.NotIn | ast.Is | ast.IsNot
        )
    return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)


def _operators(node: ast.AST) -> Iterator[tuple[str, Apply]]:
    """Yield changes of what combines values."""
    if isinstance(node, ast.Compare):
        for place, comparison in enumerate(node.ops):
            yield "comparison", partial(node.ops.__setitem__, place, _COMPARISONS[type(comparison)]())
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _OPERATORS:
        yield "operator", lambda: setattr(node, "op", _OPERATORS[type(node.op)]())
    elif isinstance(node, ast.BoolOp):
        yield "and, or", lambda: setattr(node, "op", _JOINS[type(node.op)]())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not", lambda: setattr(node, "operand", ast.UnaryOp(ast.Not(), node.operand))
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _EXTREMES:
        called = node.func
        yield "min, max", lambda: setattr(called, "id", _EXTREMES[called.id])


def _removals(body: list[ast.stmt]) -> Iterator[Mutation]:
    for place, statement in enumerate(body):
        told = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if isinstance(statement, ast.Expr | ast.Assign | ast.AugAssign | ast.Raise | ast.Delete) and not told:
            gone = partial(body.__setitem__, place, ast.Pass())
            yield Mutation(statement.lineno, statement.col_offset, "without it", gone)
