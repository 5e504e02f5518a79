"""What exists at the platform and not with us is met, told apart, imported or cleaned up."""

from typing import Any

import pytest

from router.db.queries import upstream_ways
from router.db.queries.live_codes import LiveCode
from router.db.queries.native_changes import list_native_changes
from router.handlers.admin import native_codes
from router.handlers.admin.act import Act
from router.handlers.admin.native_codes import Import
from router.handlers.admin.refusal import Conflict, Missing
from tests.factories import ZONE, agent, pool
from tests.integration.ledger.looking import column
from tests.integration.native.conftest import Deployment
from tests.integration.native.test_in_step import native_code

pytestmark = pytest.mark.anyio


async def patrolled(deployment: Deployment, *, with_orphans: bool = False) -> list[tuple[str, bool]]:
    """A whole patrol; returns the state and kind of everything that is not ours."""
    act = Act("admin", deployment.now(), ZONE)
    await deployment.ledger.write(lambda c: native_codes.start_patrol(c, act, with_orphans=with_orphans))
    await deployment.settle()
    met = await deployment.ledger.read(upstream_ways.list_upstream_ways)
    return [(way.state, way.orphan) for way in met.items]


async def way(deployment: Deployment, state: str, *users: str, type: int = 2) -> str:
    made: dict[str, Any] = await deployment.sandbox.post(
        "externalcontact/add_contact_way", type=type, scene=2, user=list(users), state=state, remark=f"remark {state}"
    )
    return str(made["config_id"])


async def test_foreign_ways_are_met_and_ours_are_not(deployment: Deployment) -> None:
    await deployment.ledger.write(native_code("chenyu"))
    await deployment.settle()
    await way(deployment, "theirs", "lihua", "wangqi")

    assert await patrolled(deployment) == [("theirs", False)]


async def test_a_patrol_goes_through_all_pages(deployment: Deployment) -> None:
    for number in range(230):
        await way(deployment, f"theirs-{number}", "lihua")

    met = await patrolled(deployment)

    latest = await deployment.ledger.read(upstream_ways.latest_patrol)
    assert latest is not None
    assert (latest.status, latest.full, await deployment.ledger.read(upstream_ways.counts)) == ("done", True, (230, 0))
    assert len(met) == 50


async def test_what_left_the_platform_is_forgotten(deployment: Deployment) -> None:
    config_id = await way(deployment, "theirs", "lihua")
    before = await patrolled(deployment)
    await deployment.sandbox.post("externalcontact/del_contact_way", config_id=config_id)
    await deployment.sandbox.advance(1)

    assert (before, await patrolled(deployment)) == ([("theirs", False)], [])


async def test_leftovers_of_ours_are_deleted_an_hour_after_they_were_met(deployment: Deployment) -> None:
    config_id = await way(deployment, "lq-leftover", "lihua", type=1)

    met = await patrolled(deployment)
    early = deployment.sandbox.platform.world.contact_ways[config_id].deleted_at
    await deployment.sandbox.advance(3_700)
    later = await patrolled(deployment)

    assert (met, early, later) == ([("lq-leftover", True)], None, [])
    assert deployment.sandbox.platform.world.contact_ways[config_id].deleted_at is not None


async def test_leftovers_are_deleted_at_once_when_a_person_asks(deployment: Deployment) -> None:
    config_id = await way(deployment, "lq-leftover", "lihua", type=1)

    assert await patrolled(deployment, with_orphans=True) == []
    assert deployment.sandbox.platform.world.contact_ways[config_id].deleted_at is not None


async def test_what_may_be_printed_is_never_cleaned_up(deployment: Deployment) -> None:
    several = await way(deployment, "lq-several", "lihua", "wangqi")
    printed = await way(deployment, "ln-printed", "lihua")

    met = await patrolled(deployment, with_orphans=True)

    assert met == [("lq-several", False), ("ln-printed", False)]
    assert {deployment.sandbox.platform.world.contact_ways[each].deleted_at for each in (several, printed)} == {None}


async def test_an_imported_way_keeps_its_print_and_gets_the_members_of_the_pool(deployment: Deployment) -> None:
    config_id = await way(deployment, "theirs", "lihua", "wangqi")
    await patrolled(deployment)
    ann = await deployment.ledger.write(agent("chenyu"))
    pool_id = await deployment.ledger.write(pool(members=[ann]))

    act = Act("admin", deployment.now(), ZONE)
    code = await deployment.ledger.write(lambda c: native_codes.import_way(c, act, 1, Import("old print", pool_id)))
    await deployment.settle()

    assert isinstance(code, LiveCode)
    imported = await deployment.way(code.id)
    assert (imported.config_id, imported.state, imported.applied, imported.in_step) == (
        config_id,
        "theirs",
        ("chenyu",),
        True,
    )
    assert imported.link == f"http://sandbox/u/{config_id}"
    assert await patrolled(deployment) == []
    assert await deployment.ledger.read(column("SELECT kind FROM live_code")) == ["native"]
    now, theirs = (await deployment.ledger.read(lambda c: list_native_changes(c, code.id))).items
    assert (theirs.listed, {each.why for each in theirs.came.values()}) == (("lihua", "wangqi"), {"imported"})
    assert (now.listed, sorted(now.went)) == (("chenyu",), ["lihua", "wangqi"])


async def test_a_way_to_one_member_cannot_be_imported(deployment: Deployment) -> None:
    await way(deployment, "theirs", "lihua", type=1)
    await patrolled(deployment)
    act = Act("admin", deployment.now(), ZONE)

    single = await deployment.ledger.write(lambda c: native_codes.import_way(c, act, 1, Import("print", 1)))
    unknown = await deployment.ledger.write(lambda c: native_codes.import_way(c, act, 9, Import("print", 1)))

    assert isinstance(single, Conflict)
    assert isinstance(unknown, Missing)


async def test_a_way_whose_state_another_code_has_gets_one_of_its_own(deployment: Deployment) -> None:
    await way(deployment, "same", "lihua", "wangqi")
    await way(deployment, "same", "lihua", "zhaomin")
    await patrolled(deployment)
    pool_id = await deployment.ledger.write(pool(members=[await deployment.ledger.write(agent("chenyu"))]))
    act = Act("admin", deployment.now(), ZONE)

    for way_id in (1, 2):
        wanted = Import(f"print {way_id}", pool_id)
        await deployment.ledger.write(lambda c, id=way_id, wanted=wanted: native_codes.import_way(c, act, id, wanted))  # type: ignore[misc]
    await deployment.settle()

    states = [each.state for each in deployment.sandbox.platform.world.contact_ways.values()]
    assert states[0] == "same"
    assert states[1].startswith("ln-")
