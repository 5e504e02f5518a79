"""The log's line for each answer that says no: what Tencent's support and the operator ask for first."""

import structlog

from router.platforms.wecom.errors import Refused

log = structlog.get_logger()


def log_refused(refused: Refused) -> None:
    """Log one refusal as WeCom answered it; a warning when an operator must act before such calls succeed."""
    write = log.warning if refused.is_alert else log.info
    write(
        "platform_refused",
        path=refused.path,
        errcode=refused.errcode,
        hint=refused.hint,
        errmsg=refused.errmsg,
    )
