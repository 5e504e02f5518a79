"""Welcome messages to customers (W-92137) and messages to employees (W-90236)."""

from collections.abc import Sequence
from dataclasses import dataclass

from router.platforms.wecom.attachments import Attachment, welcome_json
from router.platforms.wecom.bounds import check_bytes, check_count, check_member_id, check_present
from router.platforms.wecom.errors import RequestInvalid
from router.platforms.wecom.transport import Transport


@dataclass(frozen=True, slots=True)
class AppMessageSent:
    """A message to employees was accepted; `invalid_users`, in lower case, did not get it."""

    msgid: str
    invalid_users: tuple[str, ...]
    unlicensed_users: tuple[str, ...]


class SendingCalls:
    """Calls that send messages. All raise the errors of `errors.py`."""

    _transport: Transport

    async def send_welcome_msg(self, welcome_code: str, text: str, attachments: Sequence[Attachment] = ()) -> None:
        """Welcome a customer within 20 s of the event: text of at most 4,000 bytes, at most nine attachments.

        The platform lets a code succeed once: 41051 says somebody welcomed already, 41050 that it is too late.
        """
        check_present("welcome_code", welcome_code)
        check_bytes("text.content", text, 4000)
        check_count("attachments", attachments, 0, 9)
        if not text and not attachments:
            raise RequestInvalid("text", "欢迎语不能为空，请填写文字或附件", "a welcome needs text or an attachment")
        body: dict[str, object] = {"welcome_code": welcome_code}
        if text:
            body["text"] = {"content": text}
        if attachments:
            body["attachments"] = [welcome_json(attachment) for attachment in attachments]
        await self._transport.post("/cgi-bin/externalcontact/send_welcome_msg", body)

    async def send_app_message(
        self, *, agent_id: int, users: Sequence[str], content: str, duplicate_check_seconds: int = 0
    ) -> AppMessageSent:
        """Send text of at most 2,048 bytes from the app to at most 1,000 members.

        With `duplicate_check_seconds` (at most 14,400) the platform drops the same text to the same members meanwhile.
        """
        check_count("touser", users, 1, 1000)
        for user_id in users:
            check_member_id("touser", user_id)
        check_present("text.content", content)
        check_bytes("text.content", content, 2048)
        body: dict[str, object] = {
            "touser": "|".join(users),
            "msgtype": "text",
            "agentid": agent_id,
            "text": {"content": content},
        }
        if duplicate_check_seconds:
            body |= {"enable_duplicate_check": 1, "duplicate_check_interval": min(duplicate_check_seconds, 14_400)}
        answer = await self._transport.post("/cgi-bin/message/send", body)
        return AppMessageSent(
            msgid=answer.text_or_empty("msgid"),
            invalid_users=_listed(answer.text_or_empty("invaliduser")),
            unlicensed_users=_listed(answer.text_or_empty("unlicenseduser")),
        )


def _listed(joined: str) -> tuple[str, ...]:
    return tuple(user_id for user_id in joined.split("|") if user_id)
