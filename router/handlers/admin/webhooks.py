"""Webhooks that rules may call: made, edited, archived. A change names the webhook, never its secret."""

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db import json
from router.db.queries import changes, outbox, webhooks
from router.db.queries.edits import begin_edit
from router.db.queries.outbox import Order
from router.db.queries.webhooks import Webhook
from router.domain.effects import CallWebhook
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import (
    WEBHOOK,
    Conflict,
    Invalid,
    Missing,
    Refusal,
    archived,
    name_taken,
    problem,
    text_problems,
)
from router.handlers.admin.rules_in_use import rules_calling
from router.platforms.webhooks import MAX_URL_CHARACTERS, is_allowed
from router.secret_box import SecretBox
from tagtree.wording import Problem

SECRET_BYTES = 24
MAX_SECRET_CHARACTERS = 128


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A webhook with the secret that its calls are signed with, which is told once."""

    webhook: Webhook
    secret: str


def create_webhook(
    connection: Connection, act: Act, box: SecretBox, name: str, url: str, secret: str = ""
) -> NewWebhook | Refusal:
    """An address to be called by ``name``; a secret is made up unless one is given."""
    problems = [*text_problems("name", name), *_url_problems(url), *_secret_problems(secret)]
    if problems:
        return Invalid(tuple(problems))
    secret = secret or secrets.token_urlsafe(SECRET_BYTES)
    webhook_id = webhooks.insert_webhook(connection, box, name, url, secret, act.now)
    if webhook_id is None:
        return name_taken("name", name)
    return NewWebhook(_saved(connection, act, "webhook.create", webhook_id, None), secret)


def edit_webhook(
    connection: Connection, act: Act, box: SecretBox, webhook_id: int, url: str, secret: str = ""
) -> Webhook | Refusal:
    """Another address, and another secret when one is given; calls that wait go there too."""
    before = webhooks.get_webhook(connection, webhook_id)
    if before is None:
        return Missing(WEBHOOK)
    if before.archived_at is not None:
        return archived(WEBHOOK)
    problems = [*_url_problems(url), *_secret_problems(secret)]
    if problems:
        return Invalid(tuple(problems))
    webhooks.set_url(connection, webhook_id, url)
    if secret:
        webhooks.set_secret(connection, box, before, secret)
    return _saved(connection, act, "webhook.secret" if secret else "webhook.update", webhook_id, before)


def try_webhook(connection: Connection, act: Act, webhook_id: int) -> Webhook | Refusal:
    """Have it called once with a body that says it is a test; how that went stands in the outbox."""
    found = webhooks.get_webhook(connection, webhook_id)
    if found is None:
        return Missing(WEBHOOK)
    if found.archived_at is not None:
        return archived(WEBHOOK)
    body = json.dump({"webhook": found.name, "test": True, "at": act.now, "by": act.actor})
    outbox.add_all(connection, [Order(CallWebhook(found.name, body, f"test:{act.now}"))], act.now)
    return found


def archive_webhook(connection: Connection, act: Act, webhook_id: int) -> Webhook | Refusal:
    """Take it out of use; refused while a rule calls it."""
    begin_edit(connection)
    before = webhooks.get_webhook(connection, webhook_id)
    if before is None:
        return Missing(WEBHOOK)
    rules = rules_calling(connection, before.name)
    if rules:
        return Conflict(
            (
                problem(
                    "",
                    (f"Rules call it: {', '.join(rules)}.", f"以下规则正在调用：{'、'.join(rules)}。"),
                    ("Change these rules first.", "请先修改这些规则。"),
                ),
            )
        )
    webhooks.set_webhook_archived(connection, webhook_id, act.now)
    return _saved(connection, act, "webhook.archive", webhook_id, before)


def restore_webhook(connection: Connection, act: Act, webhook_id: int) -> Webhook | Refusal:
    """Undo `archive_webhook`."""
    before = webhooks.get_webhook(connection, webhook_id)
    if before is None:
        return Missing(WEBHOOK)
    webhooks.set_webhook_archived(connection, webhook_id, None)
    return _saved(connection, act, "webhook.restore", webhook_id, before)


def _url_problems(url: str) -> list[Problem]:
    if is_allowed(url):
        return []
    return [
        problem(
            "url",
            ("Calls may not go to this address.", "不允许调用此地址。"),
            (
                f"Write an https:// address of at most {MAX_URL_CHARACTERS} characters without a password; http:// only"
                " for this machine, such as http://127.0.0.1:9000/.",
                f"请填写不带密码、不超过 {MAX_URL_CHARACTERS} 个字符的 https:// 地址；"
                "http:// 仅限本机，如 http://127.0.0.1:9000/。",
            ),
        )
    ]


def _secret_problems(secret: str) -> list[Problem]:
    if not secret or (16 <= len(secret) <= MAX_SECRET_CHARACTERS and secret.isprintable()):
        return []
    return [
        problem(
            "secret",
            (f"Not 16-{MAX_SECRET_CHARACTERS} visible characters.", f"不是 16-{MAX_SECRET_CHARACTERS} 个可见字符。"),
            ("Write a longer one, or leave it empty to have one made.", "请填写更长的密钥，或留空由系统生成。"),
        )
    ]


def _saved(connection: Connection, act: Act, what: str, webhook_id: int, before: Webhook | None) -> Webhook:
    after = webhooks.get_webhook(connection, webhook_id)
    assert after is not None
    changes.record(connection, what, f"webhook:{webhook_id}", before, after, actor=act.actor, now=act.now)
    return after
