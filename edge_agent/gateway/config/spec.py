"""What a setting's annotation asks for, and how to say it in words: for errors and for docs/configuration.md alike."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import inspect

from edge_agent.gateway.config.words import one_of

_Number = inspect.IntType | inspect.FloatType


class Spec(msgspec.Struct, frozen=True):
    """A field's type without its wrappings.

    `form` says in words what is allowed; a `secret` is never shown; a plain list stands for `listed` of a section.
    """

    kind: inspect.Type
    optional: bool = False
    form: str = ""
    secret: bool = False
    meaning: str = ""
    listed: str = ""

    @classmethod
    def of(cls, kind: inspect.Type) -> Spec:
        """Unwrap metadata and `| None`."""
        if isinstance(kind, inspect.Metadata):
            inner, extra, schema = cls.of(kind.type), kind.extra or {}, kind.extra_json_schema or {}
            return msgspec.structs.replace(
                inner,
                form=extra.get("form", inner.form),
                secret=extra.get("secret", inner.secret),
                meaning=schema.get("description", inner.meaning),
                listed=extra.get("listed", inner.listed),
            )
        if isinstance(kind, inspect.UnionType):
            (inner_kind,) = (part for part in kind.types if not isinstance(part, inspect.NoneType))
            return msgspec.structs.replace(cls.of(inner_kind), optional=True)
        return cls(kind)

    def allowed(self) -> str:
        """Say what may stand here."""
        return self._plainly() + (", or nothing" if self.optional else "")

    def placeholder(self) -> Any:  # noqa: ANN401 - of whatever type the setting has
        """Return a value of the right type, to go on with after a refusal. It never gets into settings."""
        if self.optional:
            return None
        kind = self.kind
        if isinstance(kind, inspect.EnumType):
            return next(iter(kind.cls))
        if isinstance(kind, inspect.StructType):
            holes = {field.name: Spec.of(field.type).placeholder() for field in kind.fields if field.required}
            return kind.cls(**holes)
        return _PLACEHOLDERS[type(kind)]

    def fields(self) -> list[Spec]:
        """Return what the fields of a record ask for, in their order."""
        return [Spec.of(field.type) for field in self.kind.fields] if isinstance(self.kind, inspect.StructType) else []

    def _plainly(self) -> str:
        kind = self.kind
        if isinstance(kind, inspect.StrType):
            return self.form or "text"
        if isinstance(kind, inspect.IntType | inspect.FloatType):
            return ("a whole number" if isinstance(kind, inspect.IntType) else "a number") + _bounds(kind)
        if isinstance(kind, inspect.VarTupleType) and kind.max_length is not None:
            return f"a list of at most {kind.max_length}"
        if isinstance(kind, inspect.EnumType):
            return one_of(member.value for member in kind.cls)
        if isinstance(kind, inspect.StructType):
            section = f"a section with {one_of(field.encode_name for field in kind.fields)}"
            return section + (f"; or a list, its {self.listed}" if self.listed else "")
        return _WORDS[type(kind)]


_PLACEHOLDERS: dict[type[inspect.Type], object] = {
    inspect.StrType: "",
    inspect.IntType: 0,
    inspect.FloatType: 0.0,
    inspect.DecimalType: Decimal(0),
    inspect.BoolType: False,
    inspect.VarTupleType: (),
    inspect.DictType: {},
}
_WORDS: dict[type[inspect.Type], str] = {
    inspect.DecimalType: "a number such as 36.5",
    inspect.BoolType: "true or false",
    inspect.VarTupleType: "a list",
    inspect.DictType: "a section of key: value lines",
}


def _bounds(kind: _Number) -> str:
    """Say the bounds, as far as settings use them: from and to, or above and up to."""
    if kind.gt is not None:
        return f" above {kind.gt:g}" + (f" and up to {kind.le:g}" if kind.le is not None else "")
    return (f" from {kind.ge}" if kind.ge is not None else "") + (f" to {kind.le}" if kind.le is not None else "")
