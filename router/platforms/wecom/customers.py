"""Customers and the members who follow them (W-92113, W-92114), and members themselves (W-90196)."""

from dataclasses import dataclass

from router.platforms.wecom.answer import Answer
from router.platforms.wecom.bounds import check_member_id, check_present
from router.platforms.wecom.errors import AnswerInvalid
from router.platforms.wecom.transport import Transport


@dataclass(frozen=True, slots=True)
class FollowTag:
    """A tag a member sees on a customer; `tag_id` is "" for personal tags. `type` is 1 corp, 2 personal, 3 strategy."""

    tag_id: str
    name: str
    group_name: str
    type: int


@dataclass(frozen=True, slots=True)
class FollowUser:
    """The relation of one member to a customer, as the platform knows it; `created_at` in Unix milliseconds."""

    user_id: str
    remark: str
    description: str
    created_at: int
    tags: tuple[FollowTag, ...]
    add_way: int
    state: str


@dataclass(frozen=True, slots=True)
class ExternalContact:
    """A customer; `type` is 1 WeChat, 2 WeCom. Only members in the app's visible range are among the followers."""

    external_user_id: str
    name: str
    avatar: str
    type: int
    gender: int
    unionid: str
    corp_name: str
    followers: tuple[FollowUser, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """An employee; `status` is 1 active, 2 disabled, 4 not activated, 5 left."""

    user_id: str
    name: str
    status: int
    departments: tuple[int, ...]


class CustomerCalls:
    """Calls about customers and members. All raise the errors of `errors.py`."""

    _transport: Transport

    async def get_external_contact(self, external_user_id: str) -> ExternalContact:
        """Return a customer with all followers; the platform pages them by 500."""
        check_present("external_userid", external_user_id)
        path = "/cgi-bin/externalcontact/get"
        query = {"external_userid": external_user_id}
        answer = await self._transport.get(path, query)
        contact = answer.nested("external_contact")
        followers = [_follow_user(follower) for follower in answer.objects("follow_user")]
        cursor = ""
        while following := answer.text_or_empty("next_cursor"):
            if following == cursor:
                raise AnswerInvalid(path, "the next page is the page itself")
            cursor = following
            answer = await self._transport.get(path, {**query, "cursor": cursor})
            followers += [_follow_user(follower) for follower in answer.objects("follow_user")]
        return _external_contact(contact, tuple(followers))

    async def get_follow_user_list(self) -> tuple[str, ...]:
        """Return the userids that may contact customers."""
        answer = await self._transport.get("/cgi-bin/externalcontact/get_follow_user_list")
        return answer.texts("follow_user")

    async def user_get(self, user_id: str) -> Member:
        """Return a member; errcode 60111 says unknown or outside the visible range."""
        check_member_id("userid", user_id)
        answer = await self._transport.get("/cgi-bin/user/get", {"userid": user_id})
        return Member(
            user_id=answer.text("userid"),
            name=answer.text_or_empty("name"),
            status=answer.integer("status"),
            departments=answer.integers("department"),
        )


def _external_contact(contact: Answer, followers: tuple[FollowUser, ...]) -> ExternalContact:
    return ExternalContact(
        external_user_id=contact.text("external_userid"),
        name=contact.text_or_empty("name"),
        avatar=contact.text_or_empty("avatar"),
        type=contact.integer_or("type", 1),
        gender=contact.integer_or("gender", 0),
        unionid=contact.text_or_empty("unionid"),
        corp_name=contact.text_or_empty("corp_name"),
        followers=followers,
    )


def _follow_user(follower: Answer) -> FollowUser:
    return FollowUser(
        user_id=follower.text("userid"),
        remark=follower.text_or_empty("remark"),
        description=follower.text_or_empty("description"),
        created_at=follower.integer("createtime") * 1000,
        tags=tuple(_tag(tag) for tag in follower.objects("tags")),
        add_way=follower.integer_or("add_way", 0),
        state=follower.text_or_empty("state"),
    )


def _tag(tag: Answer) -> FollowTag:
    return FollowTag(
        tag_id=tag.text_or_empty("tag_id"),
        name=tag.text_or_empty("tag_name"),
        group_name=tag.text_or_empty("group_name"),
        type=tag.integer_or("type", 1),
    )
