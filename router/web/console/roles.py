"""Who may open what. Every route of the console names one of these sets in ``routes``."""

from typing import Literal, TypeAlias, get_args

Role: TypeAlias = Literal["admin", "marketer", "agent"]

ROLES: tuple[Role, ...] = get_args(Role)
ANYONE: frozenset[Role] | None = None  # no sign-in asked for
EVERY_ROLE: frozenset[Role] = frozenset(ROLES)
MARKETING: frozenset[Role] = frozenset({"admin", "marketer"})  # codes and numbers
CUSTOMERS: frozenset[Role] = frozenset({"admin", "agent"})  # an agent sees only customers of their own
ADMIN: frozenset[Role] = frozenset({"admin"})


def as_role(text: str) -> Role | None:
    """The role of that name, or None."""
    return text if text in ROLES else None
