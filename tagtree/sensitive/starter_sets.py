"""行业词库: small sets to begin with, to be edited by whoever knows the trade. Examples of ours, no legal advice."""

from dataclasses import dataclass
from typing import Final

from tagtree.sensitive.word_list import read_list
from tagtree.sensitive.words import Policy, WordSet
from tagtree.wording import Wording


@dataclass(frozen=True, slots=True)
class StarterSet:
    """``key`` names it for good; ``lines`` are as in `read_list`."""

    key: str
    name: Wording
    policy: Policy
    watches_incoming: bool
    lines: str

    def as_set(self, name: str) -> WordSet:
        """The set that a company begins with, not stored yet."""
        words = read_list(self.lines).words
        return WordSet(0, name, words, self.policy, watches_incoming=self.watches_incoming)


def _lines(words: str) -> str:
    return "\n".join(words.split())


STARTER_SETS: Final = (
    StarterSet(
        "advertising",
        Wording("Advertising: absolute claims", "广告：绝对化用语"),
        "replace",
        False,
        _lines(
            "国家级 世界级 最高级 最佳 最好 最优 最低价 最便宜 最先进 最安全 最有效 最大品牌 史上最低 全网最低 "
            "第一品牌 全国第一 销量第一 行业第一 排名第一 世界第一 顶级 极品 极致 绝无仅有 独一无二 万能 "
            "空前绝后 史无前例 无与伦比 永久有效 百分之百有效 100%有效 零风险 全网首发 国家免检 领导品牌 "
            "独家首创 唯一正品 王牌产品 终身无忧"
        ),
    ),
    StarterSet(
        "medical",
        Wording("Medical: promises of a cure", "医疗：疗效保证"),
        "block",
        False,
        _lines(
            "包治百病 药到病除 根治 彻底治愈 永不复发 无副作用 无毒副作用 治愈率100% 有效率100% 祖传秘方 "
            "神医 特效药 抗癌神药 防癌 降血糖神器 替代药物 停药无忧 三天见效 一针见效 一次治好 "
            "医保套现 代开病假条 代开处方 增高药 瘦身奇迹 干细胞美容 包成功 无效退款治疗"
        ),
    ),
    StarterSet(
        "finance",
        Wording("Finance: promises of a return", "金融：收益承诺"),
        "block",
        True,
        _lines(
            "保本保息 保本高收益 稳赚不赔 稳赚 零风险投资 无风险收益 刚性兑付 日息千分 躺赚 内幕消息 内部票 "
            "涨停内幕 荐股群 带单老师 跟单返利 套现 代办信用卡 黑户贷款 无视征信 洗白征信 征信修复 "
            "虚拟币理财 翻倍收益 庄家 操盘手 原始股 保证收益 高额返利 刷流水"
        ),
    ),
    StarterSet(
        "education",
        Wording("Education: promises of success", "教育：保过承诺"),
        "block",
        False,
        _lines(
            "保过 包过 不过退款 必过 押题命中 内部真题 考试原题 保录取 包录取 名校直通 代考 替考 代写论文 "
            "免试入学 学历速成 一个月拿证 包拿证 包就业 保证提分 提分保证 状元秘笈 命题老师亲授 阅卷老师亲授"
        ),
    ),
    StarterSet(
        "abuse",
        Wording("Abuse and threats", "辱骂与威胁"),
        "block",
        True,
        "\n".join(
            (
                _lines(
                    "混蛋 王八蛋 畜生 人渣 败类 废物 滚蛋 找死 弄死你 打死你 去死 "
                    "不要脸 臭不要脸 神经病 脑残 智障 骗子公司"
                ),
                "傻逼 | 拼音 首字母\n操你妈 | 拼音\n他妈的 | 拼音\n草泥马\n滚你妈 | 拼音\n垃圾公司",
                "fuck\nshit\nbitch\nasshole",
            )
        ),
    ),
    StarterSet(
        "fraud",
        Wording("Fraud and luring away", "诈骗与引流"),
        "block",
        True,
        _lines(
            "刷单返利 兼职刷单 日结兼职 验证码发给我 把验证码告诉我 转账到个人账户 加私人微信 加我私人号 "
            "线下付款更便宜 私下交易 绕过平台 安全账户 垫付返现 点击链接领取红包 中奖请缴税 代充半价"
        ),
    ),
    StarterSet(
        "allow",
        Wording("Allowed phrases", "白名单"),
        "allow",
        False,
        _lines("最好能 最好的朋友 最好先 最好是 最佳时间 神经病学 神经病理 不稳赚 并非最好 顶级域名 万能胶 万能充"),
    ),
)
