"""What stands in the navigation, for whom."""

from dataclasses import dataclass

from router.domain.roles import Role
from router.web.console.roles import ADMIN, CUSTOMERS, MARKETING
from router.web.i18n import mark


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the navigation: path below the console, source string, icon of ``icons.html``."""

    path: str
    label: str
    icon: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that belong together."""

    label: str
    entries: tuple[Entry, ...]


GROUPS = (
    Group(
        "",
        (
            Entry("/", mark("Overview"), "home", MARKETING),
            Entry("/numbers", mark("Numbers"), "chart", MARKETING),
        ),
    ),
    Group(
        mark("Receive"),
        (
            Entry("/live-codes", mark("Live codes"), "qr", MARKETING),
            Entry("/pools", mark("Pools"), "pool", ADMIN),
            Entry("/agents", mark("Agents"), "people", ADMIN),
            Entry("/stores", mark("Stores"), "pin", ADMIN),
            Entry("/schedules", mark("Schedules"), "clock", ADMIN),
            Entry("/presence", mark("My duty"), "clock", frozenset({"agent"})),
            Entry("/reservations", mark("Reservations"), "ticket", MARKETING),
            Entry("/contact-ways", mark("Contact ways at WeCom"), "card", ADMIN),
            Entry("/tasks", mark("Tasks"), "check", MARKETING),
            Entry("/alerts", mark("Alerts"), "alert", MARKETING),
            Entry("/what-if", mark("What if"), "chart", ADMIN),
        ),
    ),
    Group(
        mark("Customers"),
        (
            Entry("/customers", mark("Customers"), "person", CUSTOMERS),
            Entry("/tags", mark("Tags"), "tag", ADMIN),
            Entry("/wecom-tags", mark("Tags on WeCom"), "mark", ADMIN),
            Entry("/rules", mark("Rules"), "rule", ADMIN),
            Entry("/classes", mark("Message classes"), "chat", ADMIN),
            Entry("/catalogue", mark("Catalogue"), "card", ADMIN),
            Entry("/reviews", mark("Review"), "check", ADMIN),
            Entry("/queue", mark("Waiting for a person"), "chat", ADMIN),
            Entry("/questions", mark("Questions"), "note", MARKETING),
            Entry("/words", mark("Sensitive words"), "alert", ADMIN),
        ),
    ),
    Group(
        mark("Operate"),
        (
            Entry("/events", mark("Events"), "inbox", ADMIN),
            Entry("/outbox", mark("Outbox"), "outbox", ADMIN),
            Entry("/webhooks", mark("Webhooks"), "forward", ADMIN),
            Entry("/changes", mark("Changes"), "history", ADMIN),
            Entry("/settings", mark("Settings"), "sliders", ADMIN),
            Entry("/users", mark("Users"), "key", ADMIN),
        ),
    ),
)


def entries_for(role: Role) -> tuple[Group, ...]:
    """The navigation as that role sees it, without empty groups."""
    visible = (Group(group.label, tuple(entry for entry in group.entries if role in entry.roles)) for group in GROUPS)
    return tuple(group for group in visible if group.entries)
