"""What tests of alerts share: what is set up, and what a look around finds wrong."""

from collections.abc import Callable

from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries.alerts import open_alerts
from router.db.queries.schedules import SavedSchedule
from router.db.sql import Sql
from router.domain.spill import FallbackPool
from router.handlers.admin.act import Act
from router.handlers.admin.agents import AgentEdit, update_agent
from router.handlers.admin.schedules import NewSchedule, create_schedule
from router.handlers.admin.stores import NewStore, create_store
from router.handlers.attention import look_around
from tests.factories import NOW, ZONE, tag
from tests.integration.ledger.lines import spills

ACT = Act("admin", NOW, ZONE)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


async def wrong(ledger: Ledger, now: int = NOW) -> dict[tuple[str, str], int]:
    """The open alerts after a look around, with the instants they began."""
    await ledger.write(lambda connection: look_around(connection, now, ZONE))
    return {(alert.kind, alert.subject): alert.since_at for alert in await ledger.read(open_alerts)}


def works(agent_id: int, *shifts: str) -> Callable[[Connection], None]:
    """The agent has these shifts every day, and no others."""

    def write(connection: Connection) -> None:
        content = {"week": {day: list(shifts) for day in DAYS}}
        saved = create_schedule(connection, ACT, NewSchedule(f"of agent {agent_id}", content))
        assert isinstance(saved, SavedSchedule), saved
        update_agent(connection, ACT, agent_id, AgentEdit(schedule_id=saved.id))

    return write


def asks_for(column: str, value: object, code_id: int = 1) -> Callable[[Connection], int]:
    """The live code has this in its column."""
    update = f"UPDATE live_code SET {column} = :value WHERE id = :id"
    return lambda connection: Sql(update).run(connection, value=value, id=code_id)


def has_skill(agent_id: int, skill: str) -> Callable[[Connection], object]:
    """The agent has this skill and no other."""
    return lambda connection: update_agent(connection, ACT, agent_id, AgentEdit(skills=(skill,)))


async def reached(ledger: Ledger, how: str, pool_id: int) -> None:
    """Visitors of code 1, over pool 1, are received by this pool as well."""
    match how:
        case "fallback":
            await ledger.write(spills(1, FallbackPool(pool_id)))
        case "store":
            await ledger.write(lambda c: create_store(c, ACT, NewStore("North", pool_id, "上海")))
            await ledger.write(asks_for("by_place", True))
        case "vip":
            await ledger.write(receives_vips(pool_id))


def receives_vips(pool_id: int) -> Callable[[Connection], int]:
    """The pool receives customers with a tag, through whatever code."""

    def write(connection: Connection) -> int:
        tag_id = tag()(connection)
        return Sql("UPDATE pool SET vip_tag_id = :tag_id WHERE id = :id").run(connection, tag_id=tag_id, id=pool_id)

    return write
