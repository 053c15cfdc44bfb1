"""How a condition compares one field, by the field's type; all that a comparison names must hold.

A field that is not known satisfies nothing but `known: false`.
"""

from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.values import Count, Day, Line, Money, Slug

T = TypeVar("T")
Several = Annotated[tuple[T, ...], Field(min_length=1, max_length=500)]
Days = Annotated[int, Field(ge=0, le=36_500)]


class Typed(BaseModel):
    """A part of a condition as it is written: unknown words are errors, as they would choose other people than were meant."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", populate_by_name=True, defer_build=True)


class Comparison(Typed):
    """At least one operator."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.said():
            raise ValueError(f"at least one of {', '.join(words(type(self)))}")
        return self

    def said(self) -> dict[str, Any]:
        """The operators that are used, by their field's name."""
        return {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}


class Known(Comparison):
    """Whether the field is known at all."""

    known: bool | None = None


class OneOf(Known, Generic[T]):
    """A value out of a few."""

    is_: T | None = Field(None, alias="is")
    in_: Several[T] | None = Field(None, alias="in")


class TextIs(OneOf[Line]):
    """Text: exactly, or a part of it whatever the case of A to Z."""

    contains: Line | None = None
    starts_with: Line | None = None


class NumberIs(Known):
    """A whole number."""

    is_: Count | None = Field(None, alias="is")
    at_least: Count | None = None
    at_most: Count | None = None
    more_than: Count | None = None
    less_than: Count | None = None


class MoneyIs(Known):
    """An amount, compared with one in the same currency; one in another satisfies nothing."""

    at_least: Money | None = None
    at_most: Money | None = None
    more_than: Money | None = None
    less_than: Money | None = None


class MomentIs(Known):
    """A moment: before or after a whole day (UTC), or so many times 24 hours back from now, or on from it."""

    before: Day | None = None
    after: Day | None = None
    within_days: Days | None = None
    older_than_days: Days | None = None
    in_next_days: Days | None = None


class DayIs(MomentIs):
    """A day: as a moment, but in whole days."""

    is_: Day | None = Field(None, alias="is")


class ListIs(Comparison):
    """A list of slugs: whether one, any or all are in it; an empty list satisfies none of them."""

    has: Slug | None = None
    has_any: Several[Slug] | None = None
    has_all: Several[Slug] | None = None


def words(model: type[BaseModel]) -> list[str]:
    """The words of a part of a condition, as they are written."""
    return [field.alias or name for name, field in model.model_fields.items()]
