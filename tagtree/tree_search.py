"""Finds tags as people type: by name or alias, by pinyin (jiage), by its initials (jg)."""

from functools import lru_cache
from typing import Final

from tagtree.tree import Tag, TagTree, reading_of

_NEVER: Final = 9


def search(tree: TagTree, text: str, at_most: int) -> tuple[Tag, ...]:
    """The tags that answer to `text`, the closest first: the name itself, its beginning, a part, its sound.

    Several words must all be found on the way from the root to the tag, the last of them in the tag's own names.
    """
    *above, wanted = reading_of(text).split() or [""]
    if not wanted:
        return ()
    ranked = [
        (rank, -tag.weight, len(tag.name), tag.id, tag)
        for tag in tree.tags
        if (rank := _rank(tag, wanted)) < _NEVER and _is_under(tree, tag, above)
    ]
    return tuple(tag for *_, tag in sorted(ranked)[:at_most])


def _is_under(tree: TagTree, tag: Tag, words: list[str]) -> bool:
    steps = tree.path(tag.id)
    return all(any(_rank(step, word) < _NEVER for step in steps) for word in words)


def _rank(tag: Tag, wanted: str) -> int:
    return min(_rank_of_name(name, wanted) for name in tag.names)


def _rank_of_name(name: str, wanted: str) -> int:
    reading = reading_of(name)
    if reading == wanted:
        return 0
    if wanted in reading:
        return 1 if reading.startswith(wanted) else 2
    if not wanted.isascii():
        return _NEVER
    sounds = _sounds(reading)
    initials = "".join(sound[0] for sound in sounds)
    if wanted in initials:
        return 3 if initials.startswith(wanted) else 5
    whole = "".join(sounds)
    return 4 if whole.startswith(wanted) else 6 if wanted in whole else _NEVER


@lru_cache(maxsize=40_000)
def _sounds(reading: str) -> tuple[str, ...]:
    """The pinyin of each character without tones; what is no Chinese character sounds as it is written."""
    from pypinyin import lazy_pinyin  # 20 MB that only who searches pays for

    return tuple(sound for each in lazy_pinyin(reading) if (sound := each.strip()))
