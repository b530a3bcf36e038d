"""Kinds of values that sections of the configuration are made of, and how they are refused."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from analog_sbi.models.tree import MIN_LENGTH, Tree

REFUSED = "refused"
UNKNOWN = "extra_forbidden"
"""Kinds of errors: ours with an expectation, and pydantic's of keys that are none."""

MAX_LENGTH = 256  # compartments

T = TypeVar("T")


class Section(BaseModel):
    """Closed and frozen part of the configuration: unknown keys and other types are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def refusal(expected: str, *key: str | int) -> PydanticCustomError:
    """Error of a validator: what was expected at ``key`` below the value that it looks at."""
    return PydanticCustomError(REFUSED, "refused", {"expected": expected, "key": key})


def choice(names: Iterable[str], *key: str | int, of: str | None = None) -> PydanticCustomError:
    """Error of a validator: one of ``names``, which are the keys of the section ``of``."""
    listed = list(names)
    expected = f"one of {', '.join(listed)}{f' (keys of {of})' if of else ''}"
    return PydanticCustomError(
        REFUSED, "refused", {"expected": expected, "key": key, "names": listed}
    )


def setting(
    description: str, unit: str | None = None, choices: Sequence[str] = (), **details: Any
) -> Any:
    """Field with its meaning, unit, choices, and bounds or default as pydantic names them."""
    extra: dict[str, Any] = {}
    if unit:
        extra["unit"] = unit
    if choices:
        extra["enum"] = list(choices)
    return Field(description=description, json_schema_extra=extra, **details)


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _series(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        raise refusal("array")
    return tuple(value)


def _printable(value: str) -> str:
    if not value.isprintable():
        raise refusal("text in one line")
    return value


def _ascending(pair: tuple[T, ...]) -> tuple[T, ...]:
    if not pair[0] < pair[1]:  # type: ignore[operator]
        raise refusal("[lowest, highest]")
    return pair


def _different(values: tuple[T, ...]) -> tuple[T, ...]:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise refusal("each entry once", index)
    return values


def _tree(parents: tuple[int | None, ...]) -> tuple[int | None, ...]:
    try:
        Tree(parents)
    except ValueError as error:
        raise refusal(str(error).rpartition(", found")[0]) from None
    return parents


def only(names: Sequence[str]) -> AfterValidator:
    """Validator that refuses all strings but these names."""

    def among(value: str) -> str:
        if value not in names:
            raise choice(names)
        return value

    return AfterValidator(among)


Whole = BeforeValidator(_whole)
Series = BeforeValidator(_series)
Ascending = AfterValidator(_ascending)
Different = AfterValidator(_different)

# Bounds stand inside of validators, where they become part of the JSON schema.
Integer = Annotated[int, Whole]
Count = Annotated[int, Field(ge=1), Whole]
Counts = Annotated[tuple[Count, ...], Field(min_length=1), Series]
Emulations = Annotated[int, Field(ge=20), Whole]
Rounds = Annotated[tuple[Emulations, ...], Field(min_length=1), Series]
Seeds = Annotated[int, Field(ge=1, le=1000), Whole]
Length = Annotated[int, Field(ge=MIN_LENGTH, le=MAX_LENGTH), Whole]
Parents = Annotated[
    tuple[Annotated[int, Field(ge=0), Whole] | None, ...],
    Field(min_length=MIN_LENGTH, max_length=MAX_LENGTH),
    Series,
    AfterValidator(_tree),
]
Lengths = Annotated[tuple[Length, ...], Field(min_length=1), Series]
Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Position = Annotated[tuple[Fraction, ...], Field(min_length=1), Series]
Plane = Annotated[tuple[Fraction, ...], Field(min_length=2, max_length=2), Series]
Times = Annotated[tuple[Positive, ...], Field(min_length=2, max_length=2), Series, Ascending]
Weight = Annotated[int, Field(ge=1, le=63), Whole]
Weights = Annotated[tuple[Weight, ...], Field(min_length=2, max_length=2), Series, Ascending]
# Codes off the calibrated ones, which are near 620.
Shift = Annotated[int, Field(ge=-300, le=300), Whole]
Shifts = Annotated[tuple[Shift, ...], Field(min_length=2, max_length=2), Series, Ascending]
Code = Annotated[int, Field(ge=0, le=3068), Whole]
Codes = Annotated[tuple[Code, ...], Field(min_length=2, max_length=2), Series, Ascending]
Bounds = Annotated[tuple[float, ...], Field(min_length=2, max_length=2), Series, Ascending]
Text = Annotated[str, Field(min_length=1), AfterValidator(_printable)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Symbol = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
# An image of a container is named in a shell command.
Image = Annotated[str, Field(pattern=r"^[A-Za-z0-9_./][A-Za-z0-9_./:@+=-]*$")]
Names = Annotated[tuple[Text, ...], Series, Different]
