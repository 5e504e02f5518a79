"""What would do nothing for a live code of its kind is refused: it would only look as if it held."""

from collections.abc import Collection, Mapping

from router.domain.code_kinds import SETTINGS_OF, CodeKind
from router.handlers.admin.refusal import problem
from tagtree.wording import Problem

_WHY_UNFIT: Mapping[CodeKind, tuple[str, str]] = {
    "native": (
        "Whoever scans a native code never passes our page, so nothing could hold this.",
        "扫原生活码的人不经过我们的页面，此项无法生效。",
    ),
    "group": (
        "Nobody adds an agent through a group code, so this would do nothing.",
        "客户不会通过群活码添加员工，此项不会生效。",
    ),
    "acquisition": (
        "WeCom chooses among the members of the link and nothing is reserved, so nothing could hold this.",
        "获客链接由企业微信选择成员，也不预占，此项无法生效。",
    ),
}
_INSTEAD = (
    "Leave it out, or make a code that leads to our own page.",
    "请留空，或新建一个打开我们页面的活码。",
)


def unfit_problems(asked: Collection[str], kind: CodeKind) -> list[Problem]:
    """Why each of the fields ``asked`` that cannot hold for a code of this kind is refused."""
    return [problem(path, _WHY_UNFIT[kind], _INSTEAD) for path in asked if path not in SETTINGS_OF[kind]]
