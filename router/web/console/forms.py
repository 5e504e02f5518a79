"""Submitted forms and query strings as plain values. Text that no database can hold is refused as a whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from starlette.datastructures import ImmutableMultiDict
from starlette.exceptions import HTTPException
from starlette.requests import Request

from router.web.i18n import mark

LARGEST = 2 * 1024 * 1024  # bytes of one form: a long rule set
MOST_FIELDS = 20_000
LARGEST_INTEGER = 2**53

UNSTORABLE = mark("The text contains a NUL character, which cannot be stored. Paste it again without it.")


class TypedNumber(int):
    """What stands in the field of a number and cannot be taken for one: below every bound, so that it is refused, and
    written as it was typed, in the refusal and in the form that comes back.
    """

    typed: str

    def __new__(cls, typed: str) -> "TypedNumber":
        number = super().__new__(cls, -LARGEST_INTEGER)
        number.typed = typed
        return number

    def __str__(self) -> str:
        return self.typed


@dataclass(frozen=True, slots=True)
class Form:
    """Names and texts as submitted, in order; a name may occur several times."""

    fields: tuple[tuple[str, str], ...]

    def text(self, name: str, absent: str = "") -> str:
        """The first value, stripped."""
        return next((value.strip() for field, value in self.fields if field == name), absent)

    def secret(self, name: str) -> str:
        """The first value as it is: spaces belong to a password."""
        return next((value for field, value in self.fields if field == name), "")

    def texts(self, name: str) -> tuple[str, ...]:
        """All values of that name, stripped."""
        return tuple(value.strip() for field, value in self.fields if field == name)

    def integer(self, name: str) -> int | None:
        """The first value as a whole number; None when it is empty or not one."""
        return as_integer(self.text(name))

    def number(self, name: str) -> int | None:
        """The first value as a whole number, what is none to be refused at its field; None when it is empty."""
        return number_of(self.text(name))

    def needed_number(self, name: str) -> int:
        """The same for a field that must not be empty."""
        number = self.number(name)
        return TypedNumber("") if number is None else number

    def integers(self, name: str) -> tuple[int, ...]:
        """All values of that name that are whole numbers."""
        return tuple(number for text in self.texts(name) if (number := as_integer(text)) is not None)

    def ticked(self, name: str) -> bool:
        """Whether a checkbox was ticked."""
        return any(field == name for field, _ in self.fields)

    def values(self) -> Mapping[str, str]:
        """The first value of each name, to show a refused form again as it was filled in."""
        return dict(reversed(self.fields))


async def read_form(request: Request) -> Form:
    """The urlencoded or multipart form of a request. Raises HTTPException 400 for what cannot be stored."""
    async with request.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=LARGEST) as form:
        return Form(_storable((name, value) for name, value in form.multi_items() if isinstance(value, str)))


def read_query(request: Request) -> Form:
    """The query string of a request. Raises HTTPException 400 for what cannot be stored."""
    query: ImmutableMultiDict[str, str] = request.query_params
    return Form(_storable(query.multi_items()))


def as_integer(text: str) -> int | None:
    """A whole number of at most 16 digits; None for anything else."""
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 16:
        return None
    number = int(text)
    return number if abs(number) <= LARGEST_INTEGER else None


def number_of(text: str) -> int | None:
    """A whole number, or what is to be refused as none; None for an empty text."""
    number = as_integer(text)
    return TypedNumber(text) if number is None and text else number


def _storable(fields: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    kept = tuple(fields)
    if any("\x00" in name or "\x00" in value for name, value in kept):
        raise HTTPException(400, UNSTORABLE)
    return kept
