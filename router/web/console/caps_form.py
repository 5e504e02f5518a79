"""The fields of a form that hold the caps of one subject."""

from collections.abc import Sequence

from router.db.queries.caps import Caps
from router.domain.capacity import Window
from router.web.console.forms import Form, as_integer

UNREADABLE = -1  # refused by the use case as not between its bounds, at its field


def caps_in(form: Form, windows: Sequence[Window]) -> Caps:
    """The caps of these windows as filled in; an empty field caps nothing."""
    return Caps(**{window: places_of(form.text(f"caps.{window}")) for window in windows})


def places_of(text: str) -> int | None:
    """The places as filled in; None for an empty field."""
    if not text:
        return None
    places = as_integer(text)
    return UNREADABLE if places is None else places
