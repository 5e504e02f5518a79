"""Contact ways 联系我 (W-92228): the platform's resource behind a live code."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from router.platforms.wecom.answer import Answer
from router.platforms.wecom.bounds import check_characters, check_count, check_member_id, check_present
from router.platforms.wecom.errors import AnswerInvalid, RequestInvalid
from router.platforms.wecom.transport import Transport

_PREFIX = "/cgi-bin/externalcontact"


class WayType(IntEnum):
    """Whether a contact way leads to one member for ever, or to whichever are listed. It cannot be changed later."""

    SINGLE = 1
    MULTIPLE = 2


class WayScene(IntEnum):
    """Where a contact way is used: a button in a mini-program, or a QR code."""

    MINIPROGRAM = 1
    QR = 2


@dataclass(frozen=True, slots=True)
class NewContactWay:
    """A contact way just made; `qr_code` is the picture's URL, "" in scene MINIPROGRAM.

    The `config_id` is the only handle: the admin console does not show ways made by API.
    """

    config_id: str
    qr_code: str


@dataclass(frozen=True, slots=True)
class ContactWay:
    """A contact way as the platform knows it."""

    config_id: str
    type: int
    scene: int
    state: str
    remark: str
    skip_verify: bool
    qr_code: str
    users: tuple[str, ...]
    departments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ContactWayPage:
    """Config ids, and where the next page begins; "" after the last."""

    config_ids: tuple[str, ...]
    next_cursor: str


class ContactWayCalls:
    """Calls about contact ways. All raise the errors of `errors.py`."""

    _transport: Transport

    async def add_contact_way(
        self,
        *,
        users: Sequence[str],
        state: str,
        departments: Sequence[int] = (),
        type: WayType = WayType.MULTIPLE,
        scene: WayScene = WayScene.QR,
        remark: str = "",
        skip_verify: bool = True,
        is_exclusive: bool = False,
        mark_source: bool = True,
    ) -> NewContactWay:
        """Make a contact way to at most 100 members, departments expanded.

        `state` and `remark` have 30 characters at most. There is no idempotency key: after
        `OutcomeUnknown`, find it by listing before making another.
        """
        _check_way(users, departments, type)
        _check_texts(state, remark)
        answer = await self._transport.post(
            f"{_PREFIX}/add_contact_way",
            {
                "type": int(type),
                "scene": int(scene),
                "state": state,
                "remark": remark,
                "user": list(users),
                "party": list(departments),
                "skip_verify": skip_verify,
                "is_exclusive": is_exclusive,
                "mark_source": mark_source,
            },
        )
        qr_code = answer.text("qr_code") if scene is WayScene.QR else answer.text_or_empty("qr_code")
        return NewContactWay(answer.text("config_id"), qr_code)

    async def get_contact_way(self, config_id: str) -> ContactWay:
        """Return a contact way; errcode 41044 says that it was deleted."""
        check_present("config_id", config_id)
        answer = await self._transport.post(f"{_PREFIX}/get_contact_way", {"config_id": config_id})
        return _contact_way(answer.nested("contact_way"))

    async def contact_way_page(
        self, *, start_at: int | None = None, end_at: int | None = None, cursor: str = "", limit: int = 100
    ) -> ContactWayPage:
        """One page of what `list_contact_way` yields, from ``cursor`` on; a page may be empty and not the last."""
        window = {"start_time": start_at, "end_time": end_at}
        query: dict[str, object] = {name: at // 1000 for name, at in window.items() if at is not None}
        path = f"{_PREFIX}/list_contact_way"
        answer = await self._transport.post(path, {**query, "limit": limit, "cursor": cursor})
        following = answer.text_or_empty("next_cursor")
        if following and following == cursor:
            raise AnswerInvalid(path, "the next page is the page itself")
        return ContactWayPage(tuple(way.text("config_id") for way in answer.objects("contact_way")), following)

    async def list_contact_way(
        self, *, start_at: int | None = None, end_at: int | None = None, limit: int = 1000
    ) -> AsyncIterator[tuple[str, ...]]:
        """Yield pages of config ids of the ways created between two instants, by default in the last 90 days.

        A page may be empty. Temporary ways and those made before 2021-07-10 are not listed by the platform.
        """
        page = await self.contact_way_page(start_at=start_at, end_at=end_at, limit=limit)
        yield page.config_ids
        while page.next_cursor:
            page = await self.contact_way_page(start_at=start_at, end_at=end_at, cursor=page.next_cursor, limit=limit)
            yield page.config_ids

    async def update_contact_way(
        self,
        config_id: str,
        *,
        users: Sequence[str] | None = None,
        departments: Sequence[int] | None = None,
        state: str | None = None,
        remark: str | None = None,
        skip_verify: bool | None = None,
    ) -> None:
        """Change what is given and leave the rest; members and departments are overwritten, the picture stays."""
        check_present("config_id", config_id)
        check_count("user+party", (*(users or ()), *(departments or ())), 0, 100)
        for user_id in users or ():
            check_member_id("user", user_id)
        _check_texts(state or "", remark or "")
        changes = {
            "user": None if users is None else list(users),
            "party": None if departments is None else list(departments),
            "state": state,
            "remark": remark,
            "skip_verify": skip_verify,
        }
        given = {name: value for name, value in changes.items() if value is not None}
        await self._transport.post(f"{_PREFIX}/update_contact_way", {"config_id": config_id, **given})

    async def del_contact_way(self, config_id: str) -> None:
        """Delete a contact way; errcode 41044 says that it was gone already."""
        check_present("config_id", config_id)
        await self._transport.post(f"{_PREFIX}/del_contact_way", {"config_id": config_id})


def _check_way(users: Sequence[str], departments: Sequence[int], type: WayType) -> None:
    check_count("user+party", (*users, *departments), 1, 100)
    for user_id in users:
        check_member_id("user", user_id)
    if type is WayType.SINGLE and (len(users) != 1 or departments):
        raise RequestInvalid("user", "单人活码只能有一名成员", "a contact way of type 1 has exactly one member")


def _check_texts(state: str, remark: str) -> None:
    check_characters("state", state, 30)
    check_characters("remark", remark, 30)


def _contact_way(way: Answer) -> ContactWay:
    return ContactWay(
        config_id=way.text("config_id"),
        type=way.integer("type"),
        scene=way.integer("scene"),
        state=way.text_or_empty("state"),
        remark=way.text_or_empty("remark"),
        skip_verify=way.flag_or("skip_verify", True),
        qr_code=way.text_or_empty("qr_code"),
        users=way.texts("user"),
        departments=way.integers("party"),
    )
