import anyio
import anyio.lowlevel
import pytest

from router.platforms.wecom.budget import WELCOME, Budget

pytestmark = pytest.mark.anyio


async def test_at_most_five_reads_of_contacts_run_at_once() -> None:
    budget = Budget(contact_reads=5)
    running = peak = 0

    async def read() -> None:
        nonlocal running, peak
        async with budget.slot("/cgi-bin/externalcontact/get"):
            running += 1
            peak = max(peak, running)
            await anyio.lowlevel.checkpoint()
            running -= 1

    async with anyio.create_task_group() as calls:
        for _ in range(40):
            calls.start_soon(read)

    assert peak == 5


async def test_a_welcome_does_not_wait_for_other_calls() -> None:
    budget = Budget(per_path=100, total=4, welcome_share=0.5)
    for path in ("/a", "/b"):
        async with budget.slot(path):
            pass

    with anyio.move_on_after(0.01) as ordinary:
        async with budget.slot("/c"):
            pass
    with anyio.fail_after(1):
        async with budget.slot(WELCOME):
            pass

    assert ordinary.cancelled_caught


async def test_one_path_cannot_use_up_the_budget_of_another() -> None:
    budget = Budget(per_path=2, total=100)
    for _ in range(2):
        async with budget.slot("/a"):
            pass

    with anyio.move_on_after(0.01) as same_path:
        async with budget.slot("/a"):
            pass
    with anyio.fail_after(1):
        async with budget.slot("/b"):
            pass

    assert same_path.cancelled_caught
