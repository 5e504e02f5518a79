"""Who may open what. Every route of the console names one of these sets in ``routes``."""

from router.domain.roles import ROLES, Role

ANYONE: frozenset[Role] | None = None  # no sign-in asked for
EVERY_ROLE: frozenset[Role] = frozenset(ROLES)
MARKETING: frozenset[Role] = frozenset({"admin", "marketer"})  # codes and numbers
CUSTOMERS: frozenset[Role] = frozenset({"admin", "agent"})  # an agent sees only customers of their own
ADMIN: frozenset[Role] = frozenset({"admin"})
