"""The human queue: customers who asked for a person and have none yet."""

from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.customers import WaitingConversation, waiting_conversations
from router.db.queries.meanings import latest_classes
from router.db.queries.message_classes import EditedClass, list_classes
from router.web.console.asking import now_of, read
from router.web.console.render import page

MINUTE = 60_000  # ms


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who waits, and the class of what they wrote last of what they wait for; None when it has none."""

    conversation: WaitingConversation
    message_class: EditedClass | None

    def is_overdue(self, now: int) -> bool:
        """Whether the class's target time has passed since the wait began."""
        target = self.message_class.target_minutes if self.message_class else None
        return target is not None and now - self.conversation.waiting_since_at > target * MINUTE


async def show(request: Request) -> Response:
    """The most urgent class stands first; within it, who waits longest."""
    return page(request, "queue.html", waiting=await read(request, _waiting), now=now_of(request))


def _waiting(connection: Connection) -> list[Waiting]:
    found = waiting_conversations(connection)
    classes = {each.name: each for each in list_classes(connection)}
    said = latest_classes(connection, [each.id for each in found])
    waiting = [Waiting(each, classes.get(said.get(each.id, ""))) for each in found]
    return sorted(waiting, key=lambda each: -each.message_class.priority if each.message_class else 0)
