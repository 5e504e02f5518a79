"""客户 (customers): who came, what they carry and why, who took them and why."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Connection

from router.db import json
from router.db.queries.page import Page, like, page_of
from router.db.queries.rule_sets import RuleSetVersion, rule_name, versions_by_id
from router.db.queries.tag_expiry import expires_at
from router.db.queries.tag_names import TagName, tag_names
from router.db.queries.tags import load_tree
from router.db.queries.taken_off import TakenOffTag, taken_off_tags
from router.db.sql import Row, Sql
from router.domain.record import unpacked
from tagtree.tree import TagTree

_FOUND = Sql(
    "SELECT id, external_userid, name, created_at FROM customer"
    " WHERE (:external_userid = '' OR external_userid = :external_userid) AND id < :before"
    " AND (:search = '' OR lower(name) LIKE :like ESCAPE '!' OR lower(external_userid) LIKE :like ESCAPE '!')"
    " AND (:tag_id = 0 OR id IN (SELECT customer_id FROM tag_edge WHERE tag_id = :tag_id AND removed_at IS NULL))"
    " AND (:agent_id = 0 OR id IN (SELECT customer_id FROM follow WHERE agent_id = :agent_id))"
    " ORDER BY id DESC LIMIT :rows"
)
_CARRIED = Sql(
    "SELECT DISTINCT customer_id, tag_id FROM tag_edge WHERE removed_at IS NULL AND customer_id {among:customers}"
)
_AGENTS = Sql(
    "SELECT f.customer_id, a.id, a.name FROM follow AS f JOIN agent AS a ON a.id = f.agent_id"
    " WHERE f.status IN ('half', 'full') AND f.customer_id {among:customers} ORDER BY f.since_at DESC"
)
_EDGES = Sql(
    "SELECT e.id, e.tag_id, e.source, e.rule_set_version_id, e.inbox_id, e.span_start, e.span_end, e.evidence, e.hits,"
    " e.created_at, e.last_at, i.received_at, e.last_version_id, e.last_inbox_id"
    " FROM tag_edge AS e LEFT JOIN inbox AS i ON i.id = e.inbox_id"
    " WHERE e.customer_id = :customer_id AND e.removed_at IS NULL ORDER BY e.id"
)
_FOLLOWS = Sql(
    "SELECT f.id, a.id, a.userid, a.name, f.status, f.state, f.since_at, f.ended_at FROM follow AS f"
    " JOIN agent AS a ON a.id = f.agent_id WHERE f.customer_id = :customer_id ORDER BY f.since_at DESC, f.id DESC"
)
_ASSIGNMENTS = Sql(
    "SELECT s.id, a.id, a.name, c.id, c.name, p.id, p.name, s.how, s.at, s.inbox_id, s.reason,"
    " CASE WHEN s.decision <> '' THEN s.decision ELSE coalesce(d.content, '') END"
    " FROM assignment AS s JOIN agent AS a ON a.id = s.agent_id LEFT JOIN live_code AS c ON c.id = s.code_id"
    " LEFT JOIN pool AS p ON p.id = s.pool_id LEFT JOIN reservation AS r ON r.id = s.reservation_id"
    " LEFT JOIN decision AS d ON d.id = r.decision_id"
    " WHERE s.customer_id = :customer_id ORDER BY s.id DESC LIMIT 100"
)
_CONVERSATIONS = Sql(
    "SELECT v.id, v.open_kfid, k.name, v.status, a.id, a.name, v.pool_id, v.waiting_since_at, v.last_message_at"
    " FROM conversation AS v LEFT JOIN kf_account AS k ON k.open_kfid = v.open_kfid"
    " LEFT JOIN agent AS a ON a.id = v.agent_id WHERE v.customer_id = :customer_id ORDER BY v.last_message_at DESC"
)
_WAITING = Sql(
    "SELECT v.id, u.external_userid, u.name, v.open_kfid, coalesce(k.name, ''), v.pool_id, p.name, v.waiting_since_at,"
    " v.last_message_at FROM conversation AS v JOIN customer AS u ON u.id = v.customer_id"
    " LEFT JOIN kf_account AS k ON k.open_kfid = v.open_kfid LEFT JOIN pool AS p ON p.id = v.pool_id"
    " WHERE v.status = 'waiting' ORDER BY v.waiting_since_at LIMIT :rows"
)

TagOrigin = Literal["rule", "code", "manual", "other"]


@dataclass(frozen=True, slots=True)
class AgentName:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class ListedCustomer:
    """One line of the list: tags as on the card, agents latest first."""

    id: int
    external_userid: str
    name: str
    created_at: int
    tags: tuple[TagName, ...]
    agents: tuple[AgentName, ...]


@dataclass(frozen=True, slots=True)
class TagReason:
    """Why a tag is on: ``rule_name``, ``version`` and span for a rule; who, for a person.

    ``span_start`` and ``span_end`` count characters of the message, whose words are ``evidence`` and which arrived at
    ``message_at``. What gave it again at last is ``renewed_version`` and ``renewed_event_id``, None when nothing did.
    """

    source: str
    origin: TagOrigin
    rule_name: str | None
    rule_set_id: int | None
    version: int | None
    event_id: int | None
    span_start: int | None
    span_end: int | None
    evidence: str
    hits: int
    created_at: int
    last_at: int
    message_at: int | None
    renewed_version: int | None = None
    renewed_event_id: int | None = None


@dataclass(frozen=True, slots=True)
class CarriedTag:
    """``expires_at``: the customer loses it then unless something renews it; None: never. ``branch_colour`` is that of
    the root it grows from, #rrggbb or empty.
    """

    tag: TagName
    reasons: tuple[TagReason, ...]
    expires_at: int | None = None
    branch_colour: str = ""

    @property
    def last_at(self) -> int:
        """When it was last put on or renewed (ms)."""
        return max(reason.last_at for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class CustomerFollow:
    id: int
    agent_id: int
    userid: str
    agent_name: str
    status: str
    state: str
    since_at: int
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class CustomerAssignment:
    """``reason`` says how the customer was recognised, ``decision`` who else could have been chosen and why not."""

    id: int
    agent_id: int
    agent_name: str
    code_id: int | None
    code_name: str | None
    pool_id: int | None
    pool_name: str | None
    how: str
    at: int
    event_id: int | None
    reason: dict[str, Any]
    decision: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CustomerConversation:
    id: int
    open_kfid: str
    account_name: str | None
    status: str
    agent_id: int | None
    agent_name: str | None
    pool_id: int | None
    waiting_since_at: int | None
    last_message_at: int


@dataclass(frozen=True, slots=True)
class Customer:
    """Everything the contact card tells: tags heaviest first; tags taken off, assignments and follows latest first."""

    id: int
    external_userid: str
    name: str
    created_at: int
    tags: tuple[CarriedTag, ...]
    follows: tuple[CustomerFollow, ...]
    assignments: tuple[CustomerAssignment, ...]
    conversations: tuple[CustomerConversation, ...]
    taken_off: tuple[TakenOffTag, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitingConversation:
    """A customer who asked for a person and has none yet."""

    id: int
    external_userid: str
    name: str
    open_kfid: str
    account_name: str
    pool_id: int | None
    pool_name: str | None
    waiting_since_at: int
    last_message_at: int


def list_customers(
    connection: Connection,
    *,
    search: str = "",
    tag_id: int = 0,
    agent_id: int = 0,
    before: int = 0,
    limit: int = 50,
) -> Page[ListedCustomer]:
    """Latest first, found by name or id, tag, or agent; four queries whatever the length."""
    rows = _FOUND.rows(
        connection,
        external_userid="",
        search=search,
        like=like(search),
        tag_id=tag_id,
        agent_id=agent_id,
        before=before or 2**62,
        rows=limit + 1,
    )
    ids = [row[0] for row in rows]
    tree = load_tree(connection)
    tags = _by_customer(ids, _CARRIED.rows(connection, customers=ids))
    agents = _by_customer(ids, _AGENTS.rows(connection, customers=ids))
    found = [_listed(row, tree, tags[row[0]], agents[row[0]]) for row in rows]
    return page_of(found, limit, lambda customer: customer.id)


def get_customer(connection: Connection, external_userid: str) -> Customer | None:
    """One customer with tags and those taken off, reasons, follows, assignments and conversations."""
    row = _FOUND.row(
        connection,
        external_userid=external_userid,
        search="",
        like="",
        tag_id=0,
        agent_id=0,
        before=2**62,
        rows=1,
    )
    if row is None or not external_userid:
        return None
    id, external_userid, name, created_at = row
    return Customer(
        id=id,
        external_userid=external_userid,
        name=name,
        created_at=created_at,
        tags=_carried(connection, id),
        follows=tuple(CustomerFollow(*each) for each in _FOLLOWS.rows(connection, customer_id=id)),
        assignments=tuple(_assignment(each) for each in _ASSIGNMENTS.rows(connection, customer_id=id)),
        conversations=tuple(CustomerConversation(*each) for each in _CONVERSATIONS.rows(connection, customer_id=id)),
        taken_off=taken_off_tags(connection, id),
    )


def waiting_conversations(connection: Connection, limit: int = 200) -> tuple[WaitingConversation, ...]:
    """The human queue: who waits longest stands first."""
    return tuple(WaitingConversation(*row) for row in _WAITING.rows(connection, rows=limit))


def _listed(row: Row, tree: TagTree, tags: list[Row], agents: list[Row]) -> ListedCustomer:
    id, external_userid, name, created_at = row
    chips = tag_names(tree, (tag_id for (tag_id,) in tags))
    return ListedCustomer(id, external_userid, name, created_at, chips, tuple(AgentName(*each) for each in agents))


def _carried(connection: Connection, customer_id: int) -> tuple[CarriedTag, ...]:
    edges = _EDGES.rows(connection, customer_id=customer_id)
    version_ids = {id for row in edges for id in (row[3], row[-2]) if id is not None}
    versions = versions_by_id(connection, sorted(version_ids))
    reasons: dict[int, list[TagReason]] = {}
    for _, tag_id, *edge in edges:
        reasons.setdefault(tag_id, []).append(_reason(edge, versions))
    tree = load_tree(connection)
    carried = [_carried_tag(tree, name, tuple(reasons[name.id])) for name in tag_names(tree, reasons)]
    return tuple(sorted(carried, key=lambda each: (-each.tag.weight, -each.last_at)))


def _carried_tag(tree: TagTree, name: TagName, reasons: tuple[TagReason, ...]) -> CarriedTag:
    days = tree.get(name.id).expires_after_days
    carried = CarriedTag(name, reasons, branch_colour=tree.path(name.id)[0].colour)
    return carried if days is None else replace(carried, expires_at=expires_at(carried.last_at, days))


def _reason(edge: list[Any], versions: dict[int, RuleSetVersion]) -> TagReason:
    source, version_id, inbox_id, start, end, evidence, hits, created_at, last_at, message_at, *renewed = edge
    renewed_by, renewed_event_id = renewed
    origin, _, rest = source.partition(":")
    rule_set_id, _, rule_id = rest.partition(":")
    version = versions.get(version_id) if version_id is not None else None
    is_rule = origin == "rule"
    return TagReason(
        source=source,
        origin=origin if origin in ("rule", "code", "manual") else "other",
        rule_name=rule_name(version, rule_id) if is_rule else None,
        rule_set_id=int(rule_set_id) if is_rule and rule_set_id.isdecimal() else None,
        version=version.number if version else None,
        event_id=inbox_id,
        span_start=start,
        span_end=end,
        evidence=evidence,
        hits=hits,
        created_at=created_at,
        last_at=last_at,
        message_at=message_at,
        renewed_version=versions[renewed_by].number if renewed_by in versions else None,
        renewed_event_id=renewed_event_id,
    )


def _assignment(row: Row) -> CustomerAssignment:
    *plain, reason, decision = row
    return CustomerAssignment(*(*plain, json.load(reason), unpacked(json.load(decision))))


def _by_customer(ids: list[int], rows: list[Row]) -> dict[int, list[Row]]:
    grouped: dict[int, list[Row]] = {customer_id: [] for customer_id in ids}
    for customer_id, *rest in rows:
        grouped[customer_id].append(tuple(rest))
    return grouped
