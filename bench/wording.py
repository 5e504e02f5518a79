"""Chinese text that looks like what people send, and the keywords that about one message in fifty contains."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

COMMON = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学"
    "法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前"
)
"""A hundred and more of the most frequent characters."""

RARE = "衬衫裤袜帽鞋包链戒镯耳环项坠玉珠瓷壶杯碗盘筷勺灯椅柜毯枕被帘镜梳膏霜露粉刷笔墨纸砚琴棋扇伞箱篮锁钉锤锯刨钻"
"""Characters of keywords only: a message hits a rule when it was made to, never by accident."""

HIT_SHARE = 0.02
MOST_RULES = 10_000  # more keywords share rules


def keywords(count: int, seed: int = 1) -> list[str]:
    """Different words of two to four characters."""
    source = random.Random(seed)
    words: dict[str, None] = {}
    while len(words) < count:
        words["".join(source.choices(RARE, k=source.randint(2, 4)))] = None
    return list(words)


def messages(words: Sequence[str], seed: int = 2, hit_share: float = HIT_SHARE) -> Iterator[str]:
    """Texts of 20 to 60 characters without end, ``hit_share`` of them with a keyword inside."""
    source = random.Random(seed)
    while True:
        text = "".join(source.choices(COMMON, k=source.randint(20, 60)))
        if source.random() < hit_share:
            at = source.randrange(len(text))
            text = text[:at] + source.choice(words) + text[at:]
        yield text


def keyword_rules(count: int) -> list[dict[str, Any]]:
    """``count`` keywords in at most ``MOST_RULES`` rules, as a rule set stores them: each with a tag and a reply."""
    words = keywords(count)
    rules = min(count, MOST_RULES)
    return [
        {
            "id": f"k{number}",
            "name": f"关键词 {words[number]}",
            "priority": 0,
            "when": {"kind": "contains", "words": words[number::rules]},
            "then": [{"do": "add_tag", "tag_id": 3}, {"do": "reply", "text": "您好，这是您要的资料"}],
            "stop": False,
        }
        for number in range(rules)
    ]
