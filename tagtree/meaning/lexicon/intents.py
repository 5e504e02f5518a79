"""意图: what the customer wants done, each with the words that say so."""

from collections.abc import Mapping
from typing import Final

_TABLE: Final = """
退换货 退换 退换货 退货 换货 退款 退钱 退掉 退了 想退 要退 退一下 能退 可以退 怎么退 退回 退单 换一件 换一双 换一个
退换货 换个码 换码 换尺码 换个颜色 换成 换大 换小 想换 要换 能换 可以换 怎么换 换一下 七天无理由 无理由退 寄回去
退换货 想退换 要退换 可以退换 能退换 refund return exchange 申请售后
查物流 物流 快递到哪 到哪里了 查快递 查物流 单号 快递单号 运单号 还没收到 没收到货 什么时候到 多久到 几天到
查物流 到哪了 几天能到 多久能到 什么时候发货 发货了吗 发货没 还没发货 催发货 派送 配送 tracking
预约 预约 挂号 预定 约个时间 约时间 约一下 想约 改约 改期 取消预约 试听 试课 约课 约号 上门时间 appointment booking
开发票 发票 开票 专票 普票 增值税 抬头 税号 电子票 invoice
询价 多少钱 价格 报价 价位 怎么卖 什么价 啥价 几块钱 几钱 收费 费用 学费 询价 报个价 批发价 单价 how_much price quote
报修 报修 维修 修一下 修理 上门修 返修 检修 坏了 不制冷 不制热 不加热 漏水 开不了机 没反应 不工作 打不着火 故障
领优惠 优惠券 优惠码 领券 怎么领 哪里领 代金券 红包 折扣 打折 满减 赠品 积分兑换 优惠 便宜点 coupon discount
"""


def _read(table: str) -> dict[str, tuple[str, ...]]:
    intents: dict[str, tuple[str, ...]] = {}
    for line in table.strip().split("\n"):
        name, *words = line.split()
        intents[name] = intents.get(name, ()) + tuple(word.replace("_", " ") for word in words)
    return intents


INTENTS: Final[Mapping[str, tuple[str, ...]]] = _read(_TABLE)
"""Intent → words. Of several the one said in the longest word wins, then the one said first."""
