"""``liveqr migrate`` makes the first person who can sign in, and tells the password once."""

import re
from pathlib import Path

from router.commands.migrate import prepare
from router.settings import read_settings


def test_the_first_admin_gets_a_password_that_people_can_copy_by_hand(tmp_path: Path) -> None:
    environment = {"LIVEQR_VAR_PATH": str(tmp_path), "LIVEQR_DATABASE_URL": f"sqlite:///{tmp_path}/liveqr.db"}
    settings = read_settings({}, environment)

    first, second = prepare(settings), prepare(settings)

    assert re.fullmatch(r"[a-hj-km-np-z2-9]{4}(-[a-hj-km-np-z2-9]{4}){3}", first or "")
    assert second is None
