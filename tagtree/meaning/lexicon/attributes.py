"""Colours and sizes that everybody names alike; a catalogue adds its own."""

from collections.abc import Mapping
from typing import Final

COLOURS: Final[Mapping[str, tuple[str, ...]]] = {
    "黑色": ("黑", "纯黑", "black"),
    "白色": ("白", "纯白", "white"),
    "米色": ("米白", "米白色", "杏色", "奶白", "奶白色", "beige"),
    "灰色": ("灰", "浅灰", "深灰", "浅灰色", "深灰色", "grey", "gray"),
    "红色": ("红", "大红", "大红色", "red"),
    "酒红色": ("酒红", "枣红", "枣红色"),
    "粉色": ("粉", "粉红", "粉红色", "pink"),
    "橙色": ("橙", "橘色", "橘红色", "orange"),
    "黄色": ("黄", "鹅黄", "姜黄", "姜黄色", "yellow"),
    "绿色": ("绿", "墨绿", "墨绿色", "军绿", "军绿色", "green"),
    "蓝色": ("蓝", "天蓝", "天蓝色", "浅蓝", "浅蓝色", "深蓝", "深蓝色", "blue"),
    "藏青色": ("藏青", "藏蓝", "藏蓝色", "navy"),
    "紫色": ("紫", "淡紫色", "purple"),
    "棕色": ("棕", "咖啡色", "咖色", "brown"),
    "卡其色": ("卡其", "驼色", "khaki"),
    "银色": ("银白色", "silver"),
    "金色": ("玫瑰金", "gold"),
}

SIZES: Final = ("XS", "S", "M", "L", "XL", "XXL", "XXXL", "2XL", "3XL", "4XL", "均码")
"""Letters count only where no other letter or digit touches them."""
