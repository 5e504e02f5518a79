"""What tests put into a ledger, with defaults, so that a test says only what it is about.

Each function of the first part returns a unit of work: ``agent_id = await ledger.write(agent("ann"))``, or without an
event loop ``agent("ann")(connection)``. The second part writes what the platform would send.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection, Table, insert

from router.db import json
from router.db.ledger import wake
from router.db.queries import capacity, inbox
from router.db.queries.inbox import Arrived
from router.db.sql import Sql
from router.db.tables import (
    AgentRow,
    ContactWayRow,
    CustomerRow,
    FollowRow,
    LiveCodeRow,
    LiveCodeTagRow,
    PoolMemberRow,
    PoolRow,
    RuleSetRow,
    RuleSetVersionRow,
    TagRow,
)
from router.db.tables import Table as LedgerTable
from router.domain.capacity import Window, agent_subject
from router.domain.scan import ScanAnswer
from router.handlers.catalog import CatalogInForce
from router.handlers.inbound import KF_ITEM
from router.handlers.received import Situation
from router.handlers.scan import ScanRequest, ScanRules, scan_each
from router.platforms.wecom.xml import Node
from router.platforms.wecom.xml import write as write_xml
from router.web.callback import read

ZONE = ZoneInfo("Asia/Shanghai")
CORP = "ww5f2c0a91d7e8b346"
ACCOUNT = "wkEXAMPLE1"  # a 微信客服 account
SECOND = 1_000  # ms
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

Rows = Callable[[Connection], int]

_numbers = count(1)


def instant(text: str, zone: tzinfo = ZONE) -> int:
    """``2026-11-21 14:00`` on the clocks of ``zone``, in ms."""
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


NOW = instant("2026-11-21 14:00")


# --- rows ----------------------------------------------------------------------------------------------------------


def agent(
    userid: str = "ann", *, weight: int = 1, on_duty: bool = True, available: bool = True, name: str = ""
) -> Rows:
    """An agent; the name is the userid with a capital unless given."""
    row = AgentRow(
        userid=userid,
        name=name or userid.capitalize(),
        weight=weight,
        on_duty=on_duty,
        available=available,
        created_at=NOW,
    )
    return _insert(row)


def pool(name: str = "sales", members: Sequence[int] = ()) -> Rows:
    """A pool with these agents in this order."""

    def write(connection: Connection) -> int:
        pool_id = _insert(PoolRow(name=name, created_at=NOW))(connection)
        for position, agent_id in enumerate(members):
            _insert_plain(connection, PoolMemberRow(pool_id=pool_id, agent_id=agent_id, position=position))
        return pool_id

    return write


def live_code(
    pool_id: int,
    slug: str = "spring",
    *,
    welcome: str = "",
    tag_ids: Sequence[int] = (),
    hold_minutes: int = 20,
    active: bool = True,
) -> Rows:
    """A live code over a pool, with the tags it puts on."""

    def write(connection: Connection) -> int:
        row = LiveCodeRow(
            slug=slug,
            name=slug,
            pool_id=pool_id,
            welcome=welcome,
            hold_minutes=hold_minutes,
            active=active,
            created_at=NOW,
        )
        code_id = _insert(row)(connection)
        for tag_id in tag_ids:
            _insert_plain(connection, LiveCodeTagRow(code_id=code_id, tag_id=tag_id))
        return code_id

    return write


def cap(subject: str, places: int | None, window: Window = "day", now: int = NOW) -> Callable[[Connection], None]:
    """A cap on ``subject`` (``agent:3``, ``pool:2``, …) as the console sets it."""
    return lambda connection: capacity.set_cap(connection, subject, window, places, now, ZONE)


def ready_ways(agent_id: int, how_many: int = 10) -> Callable[[Connection], list[int]]:
    """Contact ways in the agent's stock, ready to be leased."""

    def write(connection: Connection) -> list[int]:
        return [_insert(_ready_way(agent_id, next(_numbers)))(connection) for _ in range(how_many)]

    return write


def _ready_way(agent_id: int, number: int) -> ContactWayRow:
    return ContactWayRow(
        agent_id=agent_id,
        state=f"lq-state-{number}",
        config_id=f"config-{number}",
        link=f"https://work.weixin.qq.com/ca/{number}",
        picture=b"PNG",
        status="ready",
        created_at=NOW,
        ready_at=NOW,
    )


def shop(
    *userids: str,
    ways: int = 10,
    cap_each: int | None = None,
    slug: str = "spring",
    welcome: str = "",
    tag_ids: Sequence[int] = (),
    hold_minutes: int = 20,
) -> Callable[[Connection], tuple[int, ...]]:
    """A live code over a pool of new agents with stock, each with a daily cap if given; returns the agents' ids."""

    def write(connection: Connection) -> tuple[int, ...]:
        agent_ids = tuple(agent(userid)(connection) for userid in userids or ("ann",))
        pool_id = pool(f"pool of {slug}", agent_ids)(connection)
        live_code(pool_id, slug, welcome=welcome, tag_ids=tag_ids, hold_minutes=hold_minutes)(connection)
        for agent_id in agent_ids:
            ready_ways(agent_id, ways)(connection)
            if cap_each is not None:
                cap(agent_subject(agent_id), cap_each)(connection)
        return agent_ids

    return write


def customer(external_userid: str = "wm-lin", name: str = "") -> Rows:
    """A customer."""
    return _insert(CustomerRow(external_userid=external_userid, name=name, created_at=NOW))


def follow(agent_id: int, customer_id: int, status: str = "full") -> Rows:
    """The relation between an agent and a customer."""
    return _insert(FollowRow(agent_id=agent_id, customer_id=customer_id, status=status, since_at=NOW))


def tag(name: str = "vip", parent_id: int | None = None, *, exclusive: bool = False, internal: bool = False) -> Rows:
    """A tag, at the top of the tree unless it has a parent."""
    return _insert(
        TagRow(name=name, parent_id=parent_id, exclusive=exclusive, internal=internal, created_at=NOW), "catalog"
    )


def published_rules(*rules: Mapping[str, Any], name: str = "shop") -> Rows:
    """A rule set in force; rules as the codec reads them, missing fields filled in. Returns the version's id."""
    content = {"rules": [_rule(number, given) for number, given in enumerate(rules, start=1)]}

    def write(connection: Connection) -> int:
        set_id = _insert(RuleSetRow(name=name, draft=json.dump(content), created_at=NOW))(connection)
        version = RuleSetVersionRow(
            rule_set_id=set_id, number=1, content=json.dump(content), published_at=NOW, published_by="test"
        )
        version_id = _insert(version)(connection)
        _PUBLISH.run(connection, id=set_id, version_id=version_id)
        wake(connection, "catalog")
        return version_id

    return write


_PUBLISH = Sql("UPDATE rule_set SET published_version_id = :version_id WHERE id = :id")


def contains(*words: str, then: Sequence[Mapping[str, Any]], stop: bool = False) -> dict[str, Any]:
    """A rule for `published_rules`: when a message contains one of the words."""
    return {"when": {"kind": "contains", "words": list(words)}, "then": list(then), "stop": stop}


def _rule(number: int, given: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": f"r{number}", "name": f"rule {number}", "priority": 100 - number, "stop": False, **given}


def _insert(row: LedgerTable, wakes: str = "") -> Rows:
    def write(connection: Connection) -> int:
        table = _table(row)
        values = row.model_dump(exclude_none=True)
        id = connection.execute(insert(table).values(**values).returning(table.c.id)).scalar_one()
        if wakes:
            wake(connection, wakes)
        return int(id)

    return write


def _insert_plain(connection: Connection, row: LedgerTable) -> None:
    connection.execute(insert(_table(row)).values(**row.model_dump(exclude_none=True)))


def _table(row: LedgerTable) -> Table:
    table: Table = type(row).__table__  # type: ignore[attr-defined]  # SQLModel adds it to classes with table=True
    return table


# --- acting on a ledger --------------------------------------------------------------------------------------------

RULES = ScanRules(ZONE, stock_low=0, stock_target=1)  # no scan orders new contact ways


def scan(
    visitor: str = "visitor-1", slug: str = "spring", now: int = NOW, rules: ScanRules = RULES
) -> Callable[[Connection], ScanAnswer | None]:
    """One visitor scans one live code."""
    return lambda connection: scan_each(connection, [ScanRequest(slug, visitor)], now, rules)[0]


def state_of(key: str) -> Callable[[Connection], str]:
    """The state token that an add through the reservation ``key`` comes back with."""
    statement = Sql("SELECT w.state FROM reservation AS r JOIN contact_way AS w ON w.id = r.way_id WHERE r.key = :key")

    def read_state(connection: Connection) -> str:
        row = statement.row(connection, key=key)
        assert row is not None, f"no reservation {key}"
        return str(row[0])

    return read_state


def situation(now: int = NOW, human_words: tuple[str, ...] = ("人工",)) -> Callable[[Connection], Situation]:
    """What deciding needs, with the rules and tags that the ledger holds at that moment."""
    return lambda connection: Situation(now, ZONE, CatalogInForce().current(connection), human_words)


def received(*plaintexts: str, callback: str = "CONTACT", now: int = NOW) -> Callable[[Connection], None]:
    """Store callbacks as the endpoint does."""

    def write(connection: Connection) -> None:
        inbox.add_each(connection, [read(callback, text.encode(), now, 0) for text in plaintexts])

    return write


def pulled(*items: str, now: int = NOW) -> Callable[[Connection], None]:
    """Store items as a pull of a 微信客服 account does."""

    def write(connection: Connection) -> None:
        inbox.add_each(connection, [_pulled(item, now) for item in items])

    return write


def _pulled(item: str, now: int) -> Arrived:
    fields = orjson.loads(item)
    subject = fields.get("external_userid") or fields["event"]["external_userid"]
    return Arrived(f"kf:{ACCOUNT}:{fields['msgid']}", KF_ITEM, subject, item, now)


# --- what the platform sends ---------------------------------------------------------------------------------------


def customer_added(
    userid: str = "ann",
    external_userid: str = "wm-lin",
    *,
    state: str = "",
    welcome_code: str = "",
    half: bool = False,
    at: int = NOW,
) -> str:
    """Plaintext of an add, or a half add (W-92130)."""
    change = "add_half_external_contact" if half else "add_external_contact"
    optional = [(name, text) for name, text in (("State", state), ("WelcomeCode", welcome_code)) if text]
    return _contact_change(change, userid, external_userid, at, optional)


def customer_lost(
    userid: str = "ann", external_userid: str = "wm-lin", *, by_customer: bool = True, at: int = NOW
) -> str:
    """Plaintext of the end of a relation (W-92130)."""
    change = "del_follow_user" if by_customer else "del_external_contact"
    return _contact_change(change, userid, external_userid, at, [])


def kf_notified(token: str = "TOKEN-1", open_kfid: str = ACCOUNT, at: int = NOW) -> str:
    """Plaintext of the notice that a 微信客服 account has news (W-94670)."""
    return _event("kf_msg_or_event", at, [("Token", token), ("OpenKfId", open_kfid)])


def app_text(text: str, userid: str = "ann", *, message_id: str = "1", at: int = NOW) -> str:
    """Plaintext of an employee's text to the app (W-90239)."""
    return _message(userid, at, [("MsgType", "text"), ("Content", text), ("MsgId", message_id), ("AgentID", "1000002")])


def kf_text(
    text: str, external_userid: str = "wm-lin", *, open_kfid: str = ACCOUNT, message_id: str = "m1", at: int = NOW
) -> str:
    """The item of a customer's text in 微信客服 (W-94670)."""
    return _item(
        message_id,
        at,
        3,
        {
            "open_kfid": open_kfid,
            "external_userid": external_userid,
            "servicer_userid": "",
            "msgtype": "text",
            "text": {"content": text},
        },
    )


def kf_employee_text(
    text: str,
    userid: str = "ann",
    external_userid: str = "wm-lin",
    *,
    open_kfid: str = ACCOUNT,
    message_id: str = "s1",
    at: int = NOW,
) -> str:
    """The item of a text that an employee wrote to a customer in 微信客服 (W-94670)."""
    return _item(
        message_id,
        at,
        5,
        {
            "open_kfid": open_kfid,
            "external_userid": external_userid,
            "servicer_userid": userid,
            "msgtype": "text",
            "text": {"content": text},
        },
    )


def kf_session_changed(
    userid: str, external_userid: str = "wm-lin", *, ended: bool = False, message_id: str = "e1", at: int = NOW
) -> str:
    """The item that says who has a session now, or that it ended (W-94670)."""
    change = {
        "event_type": "session_status_change",
        "change_type": 3 if ended else 1,
        "old_servicer_userid": userid if ended else "",
        "new_servicer_userid": "" if ended else userid,
    }
    return _kf_event(message_id, external_userid, at, change)


def kf_send_failed(
    failed_message_id: str, external_userid: str = "wm-lin", *, message_id: str = "f1", at: int = NOW
) -> str:
    """The item that says that a message of ours did not reach the customer (W-94670)."""
    return _kf_event(
        message_id,
        external_userid,
        at,
        {"event_type": "msg_send_fail", "fail_msgid": failed_message_id, "fail_type": 10},
    )


def _contact_change(change: str, userid: str, external_userid: str, at: int, optional: Sequence[Node]) -> str:
    fields: list[Node] = [("ChangeType", change), ("UserID", userid), ("ExternalUserID", external_userid), *optional]
    return _event("change_external_contact", at, fields)


def _event(event: str, at: int, fields: Sequence[Node]) -> str:
    return _message("sys", at, [("MsgType", "event"), ("Event", event), *fields])


def _message(sender: str, at: int, fields: Sequence[Node]) -> str:
    header: list[Node] = [("ToUserName", CORP), ("FromUserName", sender), ("CreateTime", at // 1000)]
    return write_xml([*header, *fields]).decode()


def _kf_event(message_id: str, external_userid: str, at: int, change: Mapping[str, Any]) -> str:
    event = {**change, "open_kfid": ACCOUNT, "external_userid": external_userid}
    return _item(message_id, at, 4, {"msgtype": "event", "event": event})


def _item(message_id: str, at: int, origin: int, fields: Mapping[str, Any]) -> str:
    return json.dump({"msgid": message_id, "send_time": at // 1000, "origin": origin, **fields})
