"""Names for new things, shaped like the platform's."""

import random
import string

ALPHABET = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


class Ids:
    """Draws from the random source it is given, so that a seeded sandbox can be repeated."""

    def __init__(self, source: random.Random) -> None:
        self._source = source

    def external_userid(self) -> str:
        return "wm" + self._letters(30)

    def visitor(self) -> str:
        return self._hex(32)

    def config_id(self) -> str:
        return self._hex(32)

    def chat_id(self) -> str:
        return "wr" + self._letters(30)

    def link_id(self) -> str:
        return "caw" + self._letters(13)

    def tag_id(self) -> str:
        return "et" + self._letters(30)

    def open_kfid(self) -> str:
        return "wk" + self._letters(32)

    def msgid(self) -> str:
        return self._letters(32)

    def code(self) -> str:
        return self._letters(43)

    def secret(self) -> str:
        return self._letters(128)

    def number(self) -> str:
        """A 64-bit decimal, like the MsgId of a message (W-90239)."""
        return str(7_000_000_000_000_000_000 + self._source.getrandbits(60))

    def _letters(self, length: int) -> str:
        return "".join(self._source.choices(ALPHABET, k=length))

    def _hex(self, length: int) -> str:
        return "".join(self._source.choices(HEX, k=length))
