"""动作: what a rule does when it fires. One frozen class per kind.

A further kind is a class here, a line in `draft.py` that carries it out, and a reader and a writer in
`action_codec.py`.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

MAX_CLASS_NAME_CHARACTERS: Final = 32
"""Of the name of a class of messages, whoever gives it."""


@dataclass(frozen=True, slots=True)
class AddTag:
    """`tag_name` is what the tag was called when the rule was written, as a path such as "产品 / 衬衫".

    It decides nothing; it tells what to create when the tag is missing.
    """

    tag_id: int
    tag_name: str = ""


@dataclass(frozen=True, slots=True)
class RemoveTag:
    """`tag_name` as with `AddTag`."""

    tag_id: int
    tag_name: str = ""


@dataclass(frozen=True, slots=True)
class SetClass:
    """Say of what class the message is, whatever it seemed to be before."""

    name: str


@dataclass(frozen=True, slots=True)
class Reply:
    text: str


@dataclass(frozen=True, slots=True)
class MoveToPool:
    pool_id: int


@dataclass(frozen=True, slots=True)
class HandToHuman:
    pass


@dataclass(frozen=True, slots=True)
class StartLadder:
    """Begin the escalation ladder of this name."""

    ladder: str


@dataclass(frozen=True, slots=True)
class CallWebhook:
    """Tell the webhook of this name, whose address and secret are kept elsewhere."""

    name: str


@dataclass(frozen=True, slots=True)
class OpenTask:
    """`kind` sorts tasks, such as "callback"; it may be empty."""

    title: str
    kind: str = ""


Action: TypeAlias = (
    AddTag | RemoveTag | SetClass | Reply | MoveToPool | HandToHuman | StartLadder | CallWebhook | OpenTask
)
DecidingAction: TypeAlias = AddTag | RemoveTag | SetClass | MoveToPool
"""Of rules that decide one tag, the class or the pool, the first is right."""
