"""Ranges, lengths and units of values: ``Annotated[float, Gt(0)]``, checked by pydantic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from sacred._base.extras import require
from sacred._base.frozen import replace
from sacred.config.declared.declaration import Declaration, WrongValue

__all__ = ["Constrained", "is_constraint"]

# A unit restricts nothing.
_REMARKS = ("Unit", "DocInfo")

#: Attributes of constraints, and the words of JSON Schema.
_RANGES = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
    "multiple_of": "multipleOf",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
    "unit": "unit",
}
_LENGTHS = {"min_length": "minItems", "max_length": "maxItems"}


def is_constraint(remark: Any) -> bool:
    """Whether a remark in an ``Annotated`` restricts the values; strings, for example, do not."""
    module = type(remark).__module__.partition(".")[0]
    return module in ("annotated_types", "pydantic") or hasattr(
        remark, "__get_pydantic_core_schema__"
    )


class Constrained(Declaration):
    """A type with constraints.

    Args:
        inner: the type without them.
        annotation: the annotation without them.
        remarks: the constraints, of `annotated_types` or pydantic.
    """

    def __init__(self, inner: Declaration, annotation: Any, remarks: Sequence[Any]) -> None:
        self.inner = inner
        self.has_fields = inner.has_fields
        self.remarks = tuple(remarks)
        units = [one.unit for one in remarks if type(one).__name__ == "Unit"]
        self.name = f"{inner.name} ({', '.join(units)})" if units else inner.name
        self._annotation = annotation
        self._constraints = [one for one in remarks if type(one).__name__ not in _REMARKS]
        self._adapter: Any = None

    @property
    def records(self) -> frozenset[Any]:
        """The classes whose instances its values may be."""
        return self.inner.records

    def field(self, name: str) -> Declaration | None:
        """The declared type of a part.

        Args:
            name: of the part.
        """
        return self.inner.field(name)

    @property
    def adapter(self) -> Any:
        """Pydantic's validator.

        Raises:
            MissingExtraError: pydantic is not installed.
        """
        if self._adapter is None:
            pydantic = require("pydantic", "types", "a range in an annotation")
            annotation = self._annotation
            for one in self._constraints:
                annotation = Annotated[annotation, one]
            self._adapter = pydantic.TypeAdapter(
                annotation,
                config={"arbitrary_types_allowed": True},
            )
        return self._adapter

    def _problems(self, value: Any) -> list[Any]:
        if not self._constraints:
            return []
        import pydantic

        try:
            self.adapter.validate_python(value)
        except pydantic.ValidationError as error:
            return list(error.errors())
        return []

    def accepts(self, value: Any) -> bool:
        """Whether a default fits and is in the range."""
        if not self.inner.accepts(value):
            return False
        if self._constraints:
            _ = self.adapter
        return not self._problems(value)

    def convert(self, value: Any, path: str, wrong: list[WrongValue]) -> Any:
        """Convert a value and check its range.

        Args:
            value: the value.
            path: of the entry.
            wrong: receives the values that do not fit.
        """
        found: list[WrongValue] = []
        made = self.inner.convert(value, path, found)
        if self._constraints and not found:
            _ = self.adapter
            for one in self._problems(made):
                place = ".".join([path, *map(str, one["loc"])])
                found.append(WrongValue(place, one["input"], self.name, problem=one["msg"]))
        wrong.extend(
            replace(one, expected=self.name) if one.path == path and not one.problem else one
            for one in found
        )
        return made

    def schema(self, definitions: dict[str, Any]) -> dict[str, Any]:
        """Return the JSON Schema, with the constraints that JSON Schema can express."""
        inner = self.inner.schema(definitions)
        words = _LENGTHS if inner.get("type") == "array" else _RANGES
        for remark in self.remarks:
            found = {word: getattr(remark, name, None) for name, word in words.items()}
            inner |= {
                word: value for word, value in found.items() if isinstance(value, int | float | str)
            }
        return inner

    def instance(self, value: Any) -> Any:
        """Convert a value to the form that functions get; see `Declaration.instance`."""
        return self.inner.instance(value)
