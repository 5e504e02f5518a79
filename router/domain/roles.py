"""What somebody who signs in may be."""

from typing import Literal, TypeAlias, get_args

Role: TypeAlias = Literal["admin", "marketer", "agent"]

ROLES: tuple[Role, ...] = get_args(Role)


def as_role(text: str) -> Role | None:
    """The role of that name, or None."""
    return text if text in ROLES else None
