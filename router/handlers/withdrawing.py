"""撤回 (withdrawal) under way: a batch of edges per timer, so that a million of them hold up no decision."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection

from router.db.queries import tagging, timers, withdrawals
from router.db.queries.tags import load_tree
from router.db.queries.withdrawals import TakenEdge, Withdrawal
from tagtree.tree import TagTree

TIMER = "withdrawal"
BATCH = 500  # edges in one transaction


def start(connection: Connection, withdrawal_id: int, now: int) -> None:
    """Have the next batch done at once, and the others after it."""
    timers.arm(connection, TIMER, f"{TIMER}:{withdrawal_id}", now, {"withdrawal_id": withdrawal_id})


def due(connection: Connection, withdrawal_id: int, now: int) -> None:
    """Do a batch; the last one ends the withdrawal."""
    withdrawal = withdrawals.get_withdrawal(connection, withdrawal_id)
    if withdrawal is None:
        return
    match withdrawal.status:
        case "taking":
            is_more = _take(connection, withdrawal, now)
        case "restoring":
            is_more = _restore(connection, withdrawal, now)
        case "taken" | "restored":
            return
    if is_more:
        start(connection, withdrawal_id, now)
    else:
        withdrawals.move_on(connection, withdrawal, "taken" if withdrawal.status == "taking" else "restored", now)


def _take(connection: Connection, withdrawal: Withdrawal, now: int) -> bool:
    customers = withdrawals.take_edges(connection, withdrawal, BATCH, now)
    withdrawals.count_on(connection, withdrawal.id, taken=len(customers))
    tagging.want_marks(connection, customers, now)
    return len(customers) == BATCH


def _restore(connection: Connection, withdrawal: Withdrawal, now: int) -> bool:
    edges = withdrawals.taken_edges(connection, withdrawal.id, BATCH)
    standing = withdrawals.standing_of(connection, [each.customer_id for each in edges])
    fitting = _fitting(edges, standing, load_tree(connection))
    back = [each.id for each in fitting]
    off = sorted({each.id for each in edges}.difference(back))
    withdrawals.restore_edges(connection, back, off)
    withdrawals.count_on(connection, withdrawal.id, restored=len(back), kept_off=len(off))
    tagging.want_marks(connection, [each.customer_id for each in fitting], now)
    return len(edges) == BATCH


def _fitting(edges: Sequence[TakenEdge], standing: set[tuple[int, int, str]], tree: TagTree) -> list[TakenEdge]:
    """Those that can be put back: not given again meanwhile, and beside no tag that excludes theirs.

    What they give back is added to ``standing``.
    """
    carried: dict[int, set[int]] = defaultdict(set)
    for customer_id, tag_id, _source in standing:
        carried[customer_id].add(tag_id)
    fitting: list[TakenEdge] = []
    for each in edges:
        excluding = tree.excluded_by(each.tag_id) if each.tag_id in tree else frozenset()
        is_given = (each.customer_id, each.tag_id, each.source) in standing
        if not is_given and carried[each.customer_id].isdisjoint(excluding):
            fitting.append(each)
            standing.add((each.customer_id, each.tag_id, each.source))  # a decision under way may have given it again
            carried[each.customer_id].add(each.tag_id)
    return fitting
