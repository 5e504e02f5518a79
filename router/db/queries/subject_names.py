"""What the things that changes are about are called now, archived ones included."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from router.db.sql import Sql

_NAMES: Mapping[str, Sql] = {
    noun: Sql(f"SELECT id, {column} FROM {table} WHERE id {{among:ids}}")
    for noun, table, column in (
        ("agent", "agent", "name"),
        ("answer", "answer", "title"),
        ("catalogue", "catalogue_item", "name"),
        ("class", "message_class", "name"),
        ("code", "live_code", "name"),  # as caps and alerts call it
        ("live_code", "live_code", "name"),
        ("pool", "pool", "name"),
        ("rule_set", "rule_set", "name"),
        ("schedule", "schedule", "name"),
        ("store", "store", "name"),
        ("tag", "tag", "name"),
        ("user", "console_user", "username"),
        ("webhook", "webhook", "name"),
        ("word_set", "word_set", "name"),
    )
}
_CUSTOMERS = Sql("SELECT external_userid, name FROM customer WHERE external_userid {among:userids}")
LARGEST_ID = 2**63 - 1


def subject_names(connection: Connection, subjects: Iterable[str]) -> dict[str, str]:
    """The name of each subject such as ``agent:3`` or ``customer:wm1`` that has one, in a query for each kind."""
    by_noun: dict[str, set[str]] = {}
    for subject in subjects:
        noun, _, which = subject.partition(":")
        by_noun.setdefault(noun, set()).add(which)
    found = {f"customer:{userid}": name for userid, name in _customers(connection, by_noun.get("customer", set()))}
    for noun, sql in _NAMES.items():
        ids = sorted(int(each) for each in by_noun.get(noun, ()) if _is_id(each))
        rows = sql.rows(connection, ids=ids) if ids else ()
        found.update({f"{noun}:{id}": name for id, name in rows})
    return {subject: name for subject, name in found.items() if name}


def names_within(connection: Connection, subjects: Iterable[str]) -> dict[str, str]:
    """The name of each part of subjects such as ``agent:3@pool:2``, by part."""
    return subject_names(connection, {part for subject in subjects for part in subject.split("@")})


def _customers(connection: Connection, userids: set[str]) -> Iterable[tuple[str, str]]:
    rows = _CUSTOMERS.rows(connection, userids=sorted(userids)) if userids else ()
    return ((userid, name) for userid, name in rows)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19 and int(text) <= LARGEST_ID
