"""微信客服, customer service inside WeChat (W-94638 and following)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from urllib.parse import quote

from router.platforms.wecom.answer import Answer
from router.platforms.wecom.attachments import KfMenuReply, KfReply, KfTextReply, kf_json
from router.platforms.wecom.bounds import check_bytes, check_kf_name, check_member_id, check_present
from router.platforms.wecom.errors import AnswerInvalid
from router.platforms.wecom.transport import Transport

_PREFIX = "/cgi-bin/kf"
_ACCOUNTS_PER_PAGE = 100
_MAX_ACCOUNTS = 5000


class ServiceState(IntEnum):
    """Who has the word in a session."""

    NEW = 0
    BOT = 1
    QUEUED = 2
    HUMAN = 3
    ENDED = 4


@dataclass(frozen=True, slots=True)
class KfAccount:
    """A customer service account; `can_manage` when this app may send and assign by API."""

    open_kf_id: str
    name: str
    avatar: str
    can_manage: bool


@dataclass(frozen=True, slots=True)
class KfServicer:
    """A member or a department that receives customers of an account; one of the two is set."""

    user_id: str
    department_id: int | None
    is_receiving: bool


@dataclass(frozen=True, slots=True)
class KfPage:
    """Items since a cursor, as they came; `kf.parse_item` reads one.

    Store them and `next_cursor` together. An empty page with `has_more` is not the last.
    """

    items: tuple[Mapping[str, object], ...]
    next_cursor: str
    has_more: bool


@dataclass(frozen=True, slots=True)
class KfSession:
    """The state of a customer's session; `servicer_user_id` is "" unless a human has it."""

    state: ServiceState
    servicer_user_id: str


class KfCalls:
    """Calls about 微信客服. All raise the errors of `errors.py`."""

    _transport: Transport

    async def kf_sync_msg(self, open_kf_id: str, *, cursor: str = "", token: str = "", limit: int = 1000) -> KfPage:
        """Return the items after `cursor`, else of the last three days; `token` is the callback's, for ten minutes."""
        check_present("open_kfid", open_kf_id)
        body: dict[str, object] = {"open_kfid": open_kf_id, "limit": limit}
        body |= {name: value for name, value in {"cursor": cursor, "token": token}.items() if value}
        answer = await self._transport.post(f"{_PREFIX}/sync_msg", body)
        return KfPage(
            items=tuple(item.fields for item in answer.objects("msg_list")),
            next_cursor=answer.text_or_empty("next_cursor"),
            has_more=answer.integer_or("has_more", 0) == 1,
        )

    async def kf_send_msg(self, open_kf_id: str, external_user_id: str, msgid: str, reply: KfReply) -> str:
        """Send to a customer and return the msgid, which is ours: a repeat after `OutcomeUnknown` arrives once.

        At most five messages within 48 h of the customer's last one (95001, 95002), in states NEW and BOT (95018).
        """
        check_present("open_kfid", open_kf_id)
        check_present("touser", external_user_id)
        check_kf_name("msgid", msgid)
        address = {"touser": external_user_id, "open_kfid": open_kf_id, "msgid": msgid}
        answer = await self._transport.post(f"{_PREFIX}/send_msg", {**address, **kf_json(reply)})
        return answer.text_or_empty("msgid") or msgid

    async def kf_send_msg_on_event(self, code: str, msgid: str, reply: KfTextReply | KfMenuReply) -> str:
        """Send the one message that a `welcome_code` or `msg_code` allows. Returns the msgid."""
        check_present("code", code)
        check_kf_name("msgid", msgid)
        body = {"code": code, "msgid": msgid, **kf_json(reply)}
        answer = await self._transport.post(f"{_PREFIX}/send_msg_on_event", body)
        return answer.text_or_empty("msgid") or msgid

    async def kf_get_service_state(self, open_kf_id: str, external_user_id: str) -> KfSession:
        """Return who has the word."""
        path = f"{_PREFIX}/service_state/get"
        answer = await self._transport.post(path, {"open_kfid": open_kf_id, "external_userid": external_user_id})
        return KfSession(_state(path, answer), answer.text_or_empty("servicer_userid"))

    async def kf_trans_service_state(
        self, open_kf_id: str, external_user_id: str, state: ServiceState, servicer_user_id: str = ""
    ) -> str:
        """Give the word to a queue, a bot or a human (then `servicer_user_id` is needed). Returns the msg_code, or "".

        Which moves are allowed is the platform's to say: errcode 95016 means read the state again.
        """
        check_present("open_kfid", open_kf_id)
        check_present("external_userid", external_user_id)
        body: dict[str, object] = {"open_kfid": open_kf_id, "external_userid": external_user_id}
        body["service_state"] = int(state)
        if state is ServiceState.HUMAN:
            check_member_id("servicer_userid", servicer_user_id)
            body["servicer_userid"] = servicer_user_id
        answer = await self._transport.post(f"{_PREFIX}/service_state/trans", body)
        return answer.text_or_empty("msg_code")

    async def kf_list_accounts(self) -> tuple[KfAccount, ...]:
        """Return all accounts this app sees."""
        accounts: list[KfAccount] = []
        while len(accounts) < _MAX_ACCOUNTS:
            page = {"offset": len(accounts), "limit": _ACCOUNTS_PER_PAGE}
            answer = await self._transport.post(f"{_PREFIX}/account/list", page)
            found = [_account(account) for account in answer.objects("account_list")]
            accounts += found
            if len(found) < _ACCOUNTS_PER_PAGE:
                break
        return tuple(accounts)

    async def kf_list_servicers(self, open_kf_id: str) -> tuple[KfServicer, ...]:
        """Return who receives the customers of an account."""
        check_present("open_kfid", open_kf_id)
        answer = await self._transport.get(f"{_PREFIX}/servicer/list", {"open_kfid": open_kf_id})
        return tuple(_servicer(servicer) for servicer in answer.objects("servicer_list"))

    async def kf_add_contact_way(self, open_kf_id: str, scene: str, scene_param: str = "") -> str:
        """Return the link that opens the chat in WeChat and reports `scene` (1 to 32 letters, digits, _ and -).

        `scene_param` (at most 128 bytes) is appended to the link; the platform allows no other change of it.
        """
        check_present("open_kfid", open_kf_id)
        check_kf_name("scene", scene)
        check_bytes("scene_param", scene_param, 128)
        answer = await self._transport.post(f"{_PREFIX}/add_contact_way", {"open_kfid": open_kf_id, "scene": scene})
        url = answer.text("url")
        return f"{url}&scene_param={quote(scene_param, safe='')}" if scene_param else url


def _state(path: str, answer: Answer) -> ServiceState:
    try:
        return ServiceState(answer.integer("service_state"))
    except ValueError:
        raise AnswerInvalid(path, "the answer has a service_state of no known kind") from None


def _account(account: Answer) -> KfAccount:
    return KfAccount(
        open_kf_id=account.text("open_kfid"),
        name=account.text_or_empty("name"),
        avatar=account.text_or_empty("avatar"),
        can_manage=account.flag_or("manage_privilege", False),
    )


def _servicer(servicer: Answer) -> KfServicer:
    user_id = servicer.text_or_empty("userid")
    return KfServicer(
        user_id=user_id,
        department_id=None if user_id else servicer.integer("department_id"),
        is_receiving=servicer.integer_or("status", 0) == 0,
    )
