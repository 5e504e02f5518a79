"""The 获客链接 behind a live code, as administration asks for it."""

from sqlalchemy import Connection

from router.db.queries import acquisition_links, changes, live_codes
from router.db.queries.acquisition_links import AcquisitionLink
from router.handlers.acquisition import keep
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import LIVE_CODE, Missing, Refusal, archived


def keep_link(connection: Connection, act: Act, code_id: int) -> AcquisitionLink | Refusal:
    """Bring the link in line with its pool now, or make it anew after a refusal."""
    link = acquisition_links.link_of(connection, code_id)
    if link is None:
        return Missing(LIVE_CODE)
    code = live_codes.get_live_code(connection, code_id, act.now, act.zone)
    if code is None or code.archived_at is not None:
        return archived(LIVE_CODE)
    keep(connection, code_id, act.now)
    subject = f"live_code:{code_id}"
    changes.record(connection, "acquisition.keep", subject, None, None, actor=act.actor, now=act.now)
    return link
