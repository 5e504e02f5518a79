"""The page of a customer tells which tags were taken off and why, in the reader's language."""

import pytest

from router.db.ledger import Ledger
from tests import factories
from tests.factories import NOW
from tests.integration.console.browsing import Browsers, text_of
from tests.integration.losses import NAME, WHO, lose_tags

pytestmark = pytest.mark.anyio

SENTENCES = {
    "en": (
        f"0 By hand: {NAME} from 2026-11-21 14:00 to 2026-11-21 14:00",
        f"1 Rule “{NAME}”, version 4",
        f"2 Excluded by “{NAME}” · By hand: {NAME}",
        f"3 Excluded by “{NAME}” · Rule “{NAME}”, version 4",
        f"4 Excluded by “{NAME}” · The live code that brought this customer",
        f"5 Excluded by “{NAME}” from",
        "6 Expired: not renewed for 1 day from",
        "7 Expired: not renewed for 30 days",
        f"8 Merged into “{NAME}”",
        f"9 The merge with “{NAME}” was taken back",
        f"10 Rule “{NAME}” was withdrawn by {NAME}",
        "11 The reason is not known",
    ),
    "zh": (
        f"0 人工：{NAME} 2026-11-21 14:00 至 2026-11-21 14:00",
        f"1 规则“{NAME}”, 版本 4",
        f"2 与“{NAME}”互斥 · 人工：{NAME}",
        f"3 与“{NAME}”互斥 · 规则“{NAME}”, 版本 4",
        f"4 与“{NAME}”互斥 · 带来该客户的活码",
        f"5 与“{NAME}”互斥 2026",
        "6 已过有效期：1 天内未再次命中",
        "7 已过有效期：30 天内未再次命中",
        f"8 已合并到“{NAME}”",
        f"9 与“{NAME}”的合并已撤销",
        f"10 规则“{NAME}”由 {NAME} 撤回",
        "11 原因未知",
    ),
}


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_each_reason_is_a_sentence_and_nothing_stored_becomes_markup(
    ledger: Ledger, browsers: Browsers, language: str
) -> None:
    await ledger.write(lambda c: lose_tags(c, NOW))
    admin = await browsers.signed_in("admin", language=language)

    page = await admin.get(f"/customers/{WHO}")

    told = text_of(page)
    assert [each for each in SENTENCES[language] if each not in told] == []
    assert ({"en": "Taken off", "zh": "已移除的标签"}[language] in told, NAME in page.text) == (True, False)


async def test_a_customer_who_lost_no_tag_has_no_list_of_them(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(factories.customer())
    admin = await browsers.signed_in("admin", language="zh")

    assert "已移除的标签" not in text_of(await admin.get("/customers/wm-lin"))
