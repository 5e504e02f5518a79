"""The fields of a form that hold the caps of one subject."""

from collections.abc import Sequence

from router.db.queries.caps import Caps
from router.domain.capacity import Window
from router.web.console.forms import Form


def caps_in(form: Form, windows: Sequence[Window]) -> Caps:
    """The caps of these windows as filled in; an empty field caps nothing."""
    return Caps(**{window: form.number(f"caps.{window}") for window in windows})
