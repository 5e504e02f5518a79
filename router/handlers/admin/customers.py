"""Put tags on a customer, or take them off, by hand (人工打标)."""

from sqlalchemy import Connection

from router.db.queries import changes, customers, tagging
from router.db.queries.customers import Customer
from router.db.queries.tagging import Edge, Removal
from router.db.queries.tags import load_tree
from router.domain.taken_off import ByHand
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import CUSTOMER, TAG, Missing, Refusal
from router.handlers.catalog import Catalog


def put_tag_on(connection: Connection, act: Act, external_userid: str, tag_id: int) -> Customer | Refusal:
    """A person says so; tags of exclusive branches beside it go, and the platform is told."""
    tree = load_tree(connection)
    customer = customers.get_customer(connection, external_userid)
    if customer is None or tag_id not in tree:
        return Missing(CUSTOMER) if customer is None else Missing(TAG)
    edge = Edge(customer.id, tag_id, source=f"manual:{act.actor}")
    Catalog(tree=tree).put_on(connection, [edge], act.now)
    return _saved(connection, act, "customer.tag_on", customer, tag_id)


def take_tag_off(connection: Connection, act: Act, external_userid: str, tag_id: int) -> Customer | Refusal:
    """Take the tag off, whatever put it on; its reasons stay in history."""
    customer = customers.get_customer(connection, external_userid)
    if customer is None:
        return Missing(CUSTOMER)
    if tag_id not in {carried.tag.id for carried in customer.tags}:
        return Missing(TAG)
    tagging.take_off(connection, [Removal(customer.id, tag_id, ByHand(act.actor))], act.now)
    return _saved(connection, act, "customer.tag_off", customer, tag_id)


def _saved(connection: Connection, act: Act, what: str, before: Customer, tag_id: int) -> Customer:
    tagging.want_marks(connection, [before.id], act.now)
    after = customers.get_customer(connection, before.external_userid)
    assert after is not None
    changes.record(
        connection,
        what,
        f"customer:{before.external_userid}",
        {"tags": _ids(before)},
        {"tags": _ids(after), "tag_id": tag_id},
        actor=act.actor,
        now=act.now,
    )
    return after


def _ids(customer: Customer) -> list[int]:
    return [carried.tag.id for carried in customer.tags]
