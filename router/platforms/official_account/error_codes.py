"""Error codes of the Official Account platform that calls about fan tags meet; the same numbers mean other things on
WeCom.
"""

from typing import Final

from router.platforms.wecom.error_codes import Action, ErrorCode

_CODES: Final = (
    ErrorCode(-1, Action.RETRY, False, "微信繁忙，稍后自动重试", "WeChat is busy; the call is repeated shortly"),
    ErrorCode(
        40001,
        Action.STOP,
        True,
        "公众号的 AppSecret 不正确或令牌已失效：请在公众平台「设置与开发 - 基本配置」中核对",
        "The app secret is wrong, or the token is void: compare it with Settings, Basic configuration",
    ),
    ErrorCode(
        40013, Action.STOP, True, "公众号的 AppID 不正确：请核对设置", "The app id is wrong: correct it in the settings"
    ),
    ErrorCode(40014, Action.REFRESH, False, "访问令牌无效，自动换新", "The token is not valid; a new one is fetched"),
    ErrorCode(40032, Action.NARROW, False, "一次最多 50 个粉丝", "At most 50 fans in one call"),
    ErrorCode(
        40164,
        Action.STOP,
        True,
        "服务器 IP 不在公众号的白名单中：请在公众平台「基本配置」中加入",
        "This server's address is not on the account's list: add it under Basic configuration",
    ),
    ErrorCode(42001, Action.REFRESH, False, "访问令牌已过期，自动换新", "The token has ended; a new one is fetched"),
    ErrorCode(45009, Action.WAIT_HOURS, True, "今日接口调用次数已用完", "The calls of today are used up"),
    ErrorCode(
        45056,
        Action.STOP,
        True,
        "公众号标签已达 100 个：请删除不用的，或少选几个标签",
        "The account has 100 tags: delete unused ones, or choose fewer",
    ),
    ErrorCode(
        45057,
        Action.STOP,
        True,
        "该标签的粉丝超过 10 万，无法用接口删除：请在公众平台删除",
        "More than 100,000 fans carry this tag: delete it at the Official Account's own site",
    ),
    ErrorCode(45058, Action.STOP, False, "系统保留的标签不能修改", "A tag of the platform itself cannot be changed"),
    ErrorCode(45059, Action.STOP, False, "每个粉丝最多 20 个标签", "A fan carries at most 20 tags"),
    ErrorCode(
        45157,
        Action.REREAD,
        False,
        "标签名已存在或不合规：请改名",
        "The name of the tag is taken or not allowed: choose another",
    ),
    ErrorCode(
        45158, Action.STOP, False, "标签名超过 30 字节：请改短", "The name of the tag is over 30 bytes: shorten it"
    ),
    ErrorCode(45159, Action.RETRY_ONCE, False, "标签不存在", "There is no such tag"),
    ErrorCode(
        48001,
        Action.STOP,
        True,
        "该公众号没有用户标签接口的权限：需要已认证的公众号",
        "The account may not call this API: it must be verified",
    ),
    ErrorCode(49003, Action.STOP, False, "粉丝不属于该公众号", "The fan belongs to another account"),
)
_BY_CODE: Final = {each.code: each for each in _CODES}


def explain(code: int) -> ErrorCode:
    """The row of a code; an unlisted one stops."""
    return _BY_CODE.get(code) or ErrorCode(
        code,
        Action.STOP,
        is_alert=False,
        zh="公众号接口返回了未收录的错误码：请在微信开发者文档中查询",
        en="The Official Account answered with a code that is not listed here: look it up in its documentation",
    )
