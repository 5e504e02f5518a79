"""Every operation of the API in one list; a path with fixed words stands before one with a parameter in its place."""

from router.web.api import (
    admission,
    agents,
    customers,
    events,
    group_codes,
    live_codes,
    numbers,
    outbox,
    pools,
    reservations,
    rule_sets,
    rule_test,
    schedules,
    settings,
    stores,
    tags,
    whatif,
)
from router.web.api.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *agents.OPERATIONS,
    *schedules.OPERATIONS,
    *pools.OPERATIONS,
    *live_codes.OPERATIONS,
    *admission.OPERATIONS,
    *stores.OPERATIONS,
    *group_codes.OPERATIONS,
    *numbers.OPERATIONS,
    *tags.OPERATIONS,
    *rule_sets.OPERATIONS,
    *rule_test.OPERATIONS,
    *customers.OPERATIONS,
    *reservations.OPERATIONS,
    *events.OPERATIONS,
    *outbox.OPERATIONS,
    *settings.OPERATIONS,
    *whatif.OPERATIONS,
)
