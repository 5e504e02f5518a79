"""相似问题: what many customers ask in different words, in groups.

A question is levelled first: normalised, without signs and courtesies, with one word for each way to ask the same
(怎么 for 如何). Two questions are as similar as the share of characters and neighbouring pairs that they have in common
(Jaccard): pairs keep 退货 apart from 货退, single characters bring 运费多少 and 多少运费 together.

The law of the groups, whatever the order in which the questions came:

- every question is at least as similar to its group's leader as the threshold says;
- no leader is that similar to the leader of a group before its own;
- the leader is asked at least as often as any other wording of its group.

Leaders are found in the order of how often each levelled wording is asked (then shorter, then by its characters), so
the groups depend on what was asked and on nothing else. A wording is compared with MAX_COMPARED leaders at most.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from math import ceil
from typing import Final, TypeAlias

from tagtree.text import normalise

MAX_CHARACTERS: Final = 50
"""Of a levelled question; what is longer is a letter and not a question that many ask."""

MAX_WRITTEN: Final = 400
"""Of a question as it was written, with all its courtesies."""

MAX_ROUNDS: Final = 12
"""Taking courtesies out may bring the next one together; what hides more of them was made to, and asks nothing."""

MAX_WORDINGS: Final = 10_000
MAX_FOUND: Final = 250
MAX_COMPARED: Final = 100
"""Leaders that one wording is compared with: what a flood of texts made to be nearly alike can cost."""

SIGNATURE: Final = 2_048  # bits
ROUNDING: Final = 1e-9

Shingles: TypeAlias = frozenset[str]

_COURTESIES: Final = re.compile(
    "你好啊?|您好啊?|哈喽|hello|hi(?![a-z])|嗨|在吗|在不在|在么|有人吗|有人在吗|早上好|上午好|中午好|下午好|晚上好|亲爱的|亲亲?|老板娘?|"
    "请教一下|请教|请问一下|请问|问一下|问问|打扰一下|打扰了|不好意思|麻烦你|麻烦您|麻烦|想知道|想了解一下|想了解|想咨询一下|想咨询|咨询一下|咨询|"
    "想问一下|想问下|想问|我想|帮我看看|帮我|帮忙|谢谢你|谢谢您|谢谢|多谢|感谢|辛苦了|please|thanks|客服|小姐姐|小哥哥|"
    "一下|的话|你们家|你们这边|你们那边|你们|您们|咱们|咱家|贵店|贵司|这边|那边|我的|我们|呢|啊|呀|哦|噢|喔|嘛|哈|啦|吧|诶|欸"
)
_SAME: Final = (
    (re.compile("怎样才能|怎么样才能|怎么才能|怎么样|怎样|如何|咋样|咋|怎么能"), "怎么"),
    (re.compile("多少钱|几多钱|什么价格|什么价|啥价|价钱|价位|售价"), "价格"),
    (re.compile("什么时候|什么时间|啥时候|几时|多久|多长时间|几天"), "何时"),
    (re.compile("哪儿|哪里|何处|啥地方|什么地方"), "哪里"),
    (re.compile("能不能|可不可以|可以不可以|能否|可否|可以"), "能"),
    (re.compile("有没有|有无|有木有"), "有"),
    (re.compile("是不是|是否"), "是"),
    (re.compile("什么|啥"), "什么"),
    (re.compile("需不需要|要不要|用不用|需要"), "要"),
    (re.compile("[吗么的了]+$"), ""),
)
_SIGNS: Final = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Question:
    """``id`` is the asker's word for it: whatever tells two messages apart."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class _Sketch:
    """A wording as it is compared: its shingles; the rarest of those that others have too; and all of these as bits, of
    which several may be one. Similar enough is whatever has as many in common as both their shares together; as bits
    they are fewer by ``spare`` at most.
    """

    members: Shingles
    rarest: tuple[str, ...]
    signature: int
    share: float
    spare: int


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that ask one thing, by id; ``wordings`` are their texts, most frequent first."""

    leader: str
    questions: tuple[Question, ...]
    wordings: tuple[tuple[str, int], ...]

    @property
    def count(self) -> int:
        return len(self.questions)


def level(text: str) -> str:
    """The core of a question, empty when nothing but courtesies was said, or a whole letter; twice is as once."""
    if len(text) > MAX_WRITTEN:
        return ""
    core = _SIGNS.sub("", normalise(text).text)
    for _ in range(MAX_ROUNDS):
        levelled = _COURTESIES.sub("", core)
        for ways, one in _SAME:
            levelled = ways.sub(one, levelled)
        if levelled == core:
            return core
        core = levelled
    return ""


def similarity(one: str, other: str) -> float:
    """0 to 1, of two levelled questions."""
    return _jaccard(shingles(one), shingles(other))


def shingles(core: str) -> Shingles:
    """The characters of a levelled question and its pairs of neighbours."""
    return frozenset(core) | {core[place : place + 2] for place in range(len(core) - 1)}


def group_questions(
    questions: Iterable[Question], threshold: float, ignored: Iterable[str] = (), least: int = 2
) -> tuple[Group, ...]:
    """Groups of at least ``least`` questions, the largest first; ``ignored`` wordings ask nothing (转人工).

    ``threshold`` is above 0 and at most 1. Of more than MAX_WORDINGS wordings the most frequent are grouped,
    which takes about a second when all of them differ.
    """
    by_core = _by_core(questions, {level(each) for each in ignored})
    order = sorted(by_core, key=lambda core: (-len(by_core[core]), len(core), core))[:MAX_WORDINGS]
    followers: dict[str, list[str]] = {}
    for core, leader in _led(order, threshold):
        followers.setdefault(leader, []).append(core)
    groups = [_group(leader, [each for core in cores for each in by_core[core]]) for leader, cores in followers.items()]
    return tuple(sorted((each for each in groups if each.count >= least), key=lambda each: (-each.count, each.leader)))


def _by_core(questions: Iterable[Question], ignored: set[str]) -> dict[str, list[Question]]:
    by_core: dict[str, list[Question]] = defaultdict(list)
    cores: dict[str, str] = {}
    for each in questions:
        core = cores.get(each.text)
        if core is None:
            core = cores[each.text] = level(each.text)
        if 2 <= len(core) <= MAX_CHARACTERS and core not in ignored:
            by_core[core].append(each)
    return by_core


def _led(order: Sequence[str], threshold: float) -> Iterator[tuple[str, str]]:
    """Each wording with its leader. Of two that are equally similar the one that was found first leads."""
    sketches = _sketches(order, threshold)
    led_by: dict[str, list[int]] = defaultdict(list)  # a rare shingle → the places of the leaders that have it
    for place, sketch in enumerate(sketches):
        leader = _nearest(sketch, sketches, led_by, threshold)
        if leader is None:
            for each in sketch.rarest:
                led_by[each].append(place)
        yield order[place], order[place if leader is None else leader]


def _sketches(order: Sequence[str], threshold: float) -> list[_Sketch]:
    sets = [shingles(core) for core in order]
    frequency = Counter(each for members in sets for each in members)
    common = (each for each, times in frequency.items() if times > 1)  # nobody is found by what only one has
    ranks = {each: rank for rank, each in enumerate(sorted(common, key=lambda each: (frequency[each], each)))}
    bits = {each: 1 << rank % SIGNATURE for each, rank in ranks.items()}
    return [_sketch(members, ranks, bits, threshold) for members in sets]


def _sketch(members: Shingles, ranks: Mapping[str, int], bits: Mapping[str, int], threshold: float) -> _Sketch:
    """Two sets that overlap enough share at least one of their rarest members (prefix filter)."""
    common = sorted(filter(ranks.__contains__, members), key=ranks.__getitem__)
    shared = ceil(threshold * len(members) - ROUNDING)
    signature = 0
    for each in common:
        signature |= bits[each]
    rarest = tuple(common[: max(0, len(common) - shared + 1)])
    share = len(members) * threshold / (1 + threshold)
    return _Sketch(members, rarest, signature, share, len(common) - signature.bit_count())


def _nearest(
    sketch: _Sketch, sketches: Sequence[_Sketch], led_by: Mapping[str, list[int]], threshold: float
) -> int | None:
    """The place of the most similar leader; None when none is similar enough."""
    found = chain.from_iterable(led_by.get(each, ()) for each in sketch.rarest)
    near = dict.fromkeys(islice(found, MAX_FOUND))
    signature, least = sketch.signature, sketch.share - sketch.spare - ROUNDING
    similar = [
        (_jaccard(sketch.members, other.members), -place)
        for place in islice(near, MAX_COMPARED)
        if (signature & (other := sketches[place]).signature).bit_count() >= least + other.share
    ]
    best, place = max(similar, default=(0.0, 0))
    return -place if best >= threshold else None


def _jaccard(one: Shingles, other: Shingles) -> float:
    shared = len(one & other)
    together = len(one) + len(other) - shared
    return shared / together if together else 1.0


def _group(leader: str, questions: list[Question]) -> Group:
    asked = Counter(each.text.strip() for each in questions)
    wordings = sorted(asked.items(), key=lambda each: (-each[1], len(each[0]), each[0]))
    return Group(leader, tuple(sorted(questions, key=lambda each: each.id)), tuple(wordings))


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer is for: questions like these, and whatever contains one of the keywords."""

    sets: tuple[Shingles, ...]
    keywords: tuple[str, ...]
    threshold: float

    @classmethod
    def of(cls, wordings: Iterable[str], keywords: Iterable[str], threshold: float) -> "Asked":
        cores = {level(each) for each in wordings} - {""}
        words = (normalise(each).text for each in keywords)
        return cls(tuple(map(shingles, sorted(cores))), tuple(each for each in words if each), threshold)

    def meets(self, text: str) -> bool:
        """Whether this text asks the same."""
        core = level(text)
        if not core or len(core) > MAX_CHARACTERS:
            return False
        plain, members = normalise(text).text, shingles(core)
        return any(each in plain for each in self.keywords) or any(
            _jaccard(members, each) >= self.threshold for each in self.sets
        )
