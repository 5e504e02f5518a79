"""Answer many at once (统一答复): propose, approve or reject, and undo before it is sent.

An approved answer becomes a rule of the rule set FAQ, published like any other, so that whoever asks next is answered
at once; and it goes to everybody who still waits.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from router.db.queries import answers, changes, outbox, rule_sets
from router.db.queries.answers import Answer, NewReply
from router.db.queries.edits import begin_edit
from router.db.queries.outbox import Order
from router.db.queries.rule_sets import EditedRuleSet
from router.domain.answering import AnswerWaiting
from router.handlers.admin.act import Act
from router.handlers.admin.placeholders import placeholder_problems
from router.handlers.admin.refusal import (
    REFUSALS,
    Invalid,
    Missing,
    Refusal,
    conflict,
    problem,
    text_problems,
)
from router.handlers.admin.rule_sets import begin_anew, create_rule_set, publish, save_draft
from router.handlers.questions import Asker, askers_of
from tagtree.wording import Problem, Wording

ANSWER = Wording("answer", "统一答复")
RULE_SET = "FAQ"
BEGUN_ANEW = "归档后重新开始，仅含此答复。Begun anew after it was archived, with this answer alone."
MAX_WORDINGS = 50
MAX_KEYWORDS = 20
MAX_TEXT = 600  # characters: 1,800 bytes of Chinese, below the platform's 2,048
MAX_QUESTION = 200
LONGEST_QUESTION_KEPT = 500


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """``wordings``: the question as it is asked; ``keywords``: the rule also meets what contains one of these."""

    title: str
    wordings: tuple[str, ...]
    text: str
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """From the settings: how alike questions are (percent), and how long an answer can be undone (ms)."""

    similarity: int
    undo_for: int


def propose_answer(connection: Connection, act: Act, new: NewAnswer) -> Answer | Refusal:
    """An answer that waits for an admin."""
    problems = _problems(new)
    if problems:
        return Invalid(tuple(problems))
    answer_id = answers.insert_answer(
        connection,
        title=new.title,
        wordings=new.wordings,
        keywords=new.keywords,
        text=new.text,
        actor=act.actor,
        now=act.now,
    )
    return _saved(connection, act, "answer.propose", answer_id, None)


def approve_answer(connection: Connection, act: Act, answer_id: int, terms: Terms) -> Answer | Refusal:
    """Make it a rule, and order the replies to everybody who waits; those who cannot be reached are told apart.

    Where FAQ was archived it begins anew with this rule alone: what was archived stays out of force (`left_out`).
    """
    begin_edit(connection)
    answer = _open(connection, answer_id)
    if not isinstance(answer, Answer):
        return answer
    published = _published(connection, act, answer)
    if not isinstance(published, EditedRuleSet):
        return published
    assert published.published is not None
    send_at = act.now + terms.undo_for
    answers.try_decide(
        connection,
        answer_id,
        "approved",
        act.actor,
        act.now,
        send_at=send_at,
        version_id=published.published.id,
    )
    _order_replies(connection, answer, askers_of(connection, answer, act.now, terms.similarity), act.now, send_at)
    return _saved(connection, act, "answer.approve", answer_id, answer)


def reject_answer(connection: Connection, act: Act, answer_id: int) -> Answer | Refusal:
    """Nobody gets it."""
    begin_edit(connection)
    answer = _open(connection, answer_id)
    if not isinstance(answer, Answer):
        return answer
    answers.try_decide(connection, answer_id, "rejected", act.actor, act.now)
    return _saved(connection, act, "answer.reject", answer_id, answer)


def undo_replies(connection: Connection, act: Act, answer_id: int) -> Answer | Refusal:
    """Take back the replies that have not been sent; the rule stays, and can be rolled back with its rule set."""
    begin_edit(connection)
    answer = answers.get_answer(connection, answer_id)
    if answer is None:
        return Missing(ANSWER)
    if answers.withdraw_replies(connection, answer_id) == 0:
        return conflict(
            "",
            ("No reply waits to be sent any more.", "已没有等待发送的答复。"),
            ("What was sent cannot be taken back.", "已发送的内容无法撤回。"),
        )
    return _saved(connection, act, "answer.undo", answer_id, answer)


def left_out(connection: Connection) -> int:
    """How many rules of an archived FAQ stay out of force when an answer is approved; 0: it is not archived."""
    set_id = rule_sets.rule_set_named(connection, RULE_SET)
    found = rule_sets.get_rule_set(connection, set_id) if set_id is not None else None
    if found is None or found.archived_at is None or found.published is None:
        return 0
    return len(found.published.content.get("rules", []))


def _open(connection: Connection, answer_id: int) -> Answer | Refusal:
    answer = answers.get_answer(connection, answer_id)
    if answer is None:
        return Missing(ANSWER)
    if answer.status != "proposed":
        return conflict(
            "",
            (f"It was {answer.status} by {answer.decided_by} already.", f"已由 {answer.decided_by} 处理。"),
            ("Propose another answer if it should be different.", "如需修改，请另提一条答复。"),
        )
    return answer


def _published(connection: Connection, act: Act, answer: Answer) -> EditedRuleSet | Refusal:
    """The rule set FAQ with this answer's rule in force."""
    found = _faq(connection, act)
    if not isinstance(found, EditedRuleSet):
        return found
    if found.archived_at is not None:
        return begin_anew(connection, act, found.id, [_rule(answer)], note=BEGUN_ANEW)
    if found.published is not None and found.is_changed:
        return conflict(
            "",
            (
                f"The draft of the rule set “{RULE_SET}” has changes of its own.",
                f"规则集“{RULE_SET}”的草稿有未发布的修改。",
            ),
            ("Publish or take back that draft first.", "请先发布或撤回该草稿。"),
        )
    rules = [each for each in found.draft.get("rules", []) if each.get("id") != answer.rule_id]
    saved = save_draft(connection, act, found.id, [*rules, _rule(answer)])
    if isinstance(saved, REFUSALS):
        return saved
    return publish(connection, act, found.id, confirm=True)


def _faq(connection: Connection, act: Act) -> EditedRuleSet | Refusal:
    set_id = rule_sets.rule_set_named(connection, RULE_SET)
    if set_id is None:
        return create_rule_set(connection, act, RULE_SET)
    found = rule_sets.get_rule_set(connection, set_id)
    assert found is not None
    return found


def _rule(answer: Answer) -> dict[str, Any]:
    exact = {"kind": "exact", "words": list(answer.wordings)}
    contains = {"kind": "contains", "words": list(answer.keywords)}
    when = {"kind": "any_of", "conditions": [exact, contains]} if answer.keywords else exact
    return {
        "id": answer.rule_id,
        "name": answer.title,
        "priority": 0,
        "when": when,
        "then": [{"do": "reply", "text": answer.text}],
    }


def _order_replies(connection: Connection, answer: Answer, askers: list[Asker], now: int, send_at: int) -> None:
    replies = [_reply(answer, each) for each in askers if each.way != "answered"]
    answers.add_replies(connection, answer.id, replies)
    userids = {(each.customer_id, each.open_kfid): each.external_userid for each in askers}
    orders = [
        Order(
            AnswerWaiting(each.open_kfid, userids[each.customer_id, each.open_kfid], each.message_id, answer.text),
            each.inbox_id,
            not_before=send_at,
        )
        for each in replies
        if each.status == "ordered"
    ]
    outbox.add_all(connection, orders, now)


def _reply(answer: Answer, asker: Asker) -> NewReply:
    ordered = asker.can_be_answered
    return NewReply(
        asker.customer_id,
        asker.open_kfid,
        asker.inbox_id,
        asker.question[:LONGEST_QUESTION_KEPT].replace("\0", "\ufffd"),  # which PostgreSQL cannot hold
        "ordered" if ordered else "unreachable",
        "" if ordered else asker.way,
        _message_id(answer, asker) if ordered else "",
    )


def _message_id(answer: Answer, asker: Asker) -> str:
    """Ours, the same whenever it is ordered, within the platform's 32 characters (api §13)."""
    return "la" + sha256(f"{answer.id}:{asker.customer_id}:{asker.open_kfid}".encode()).hexdigest()[:30]


def _problems(new: NewAnswer) -> list[Problem]:
    problems = text_problems("title", new.title) + text_problems("text", new.text, MAX_TEXT, lines=True)
    problems += _list_problems("wordings", new.wordings, MAX_WORDINGS, least=1)
    problems += _list_problems("keywords", new.keywords, MAX_KEYWORDS, least=0)
    return problems + placeholder_problems("text", new.text)


def _list_problems(path: str, texts: tuple[str, ...], most: int, least: int) -> list[Problem]:
    if not least <= len(texts) <= most:
        return [
            problem(
                path,
                (f"Not {least}-{most} lines.", f"不是 {least}-{most} 行。"),
                ("Write one a line.", "请每行填写一条。"),
            )
        ]
    return [each for place, text in enumerate(texts) for each in text_problems(f"{path}[{place}]", text, MAX_QUESTION)]


def _saved(connection: Connection, act: Act, what: str, answer_id: int, before: Answer | None) -> Answer:
    after = answers.get_answer(connection, answer_id)
    assert after is not None
    changes.record(connection, what, f"answer:{answer_id}", before, after, actor=act.actor, now=act.now)
    return after
