"""From the plaintext of an event to the signed, encrypted request the platform makes (W-90930)."""

import random

from router.platforms.wecom.cipher import Cipher
from router.platforms.wecom.envelope import Sealed, seal_echo, seal_event
from router.sandbox.config import CallbackTarget


class Sealer:
    """Seals for one callback. `now` is in milliseconds; nonce and padding come from the random source given."""

    def __init__(self, corp_id: str, agent_id: int | None, target: CallbackTarget, source: random.Random) -> None:
        self._corp_id = corp_id
        self._agent_id = agent_id
        self._token = target.token
        self._cipher = Cipher(target.encoding_aes_key, corp_id)
        self._source = source

    def seal(self, plaintext: bytes, now: int) -> Sealed:
        """One POST; sealing the same plaintext again gives other bytes."""
        return seal_event(
            self._cipher,
            self._token,
            plaintext,
            to_user_name=self._corp_id,
            agent_id=self._agent_id,
            timestamp=now // 1000,
            nonce=self._nonce(),
            random16=self._source.randbytes(16),
        )

    def verification(self, echo: bytes, now: int) -> Sealed:
        """The GET that checks a callback URL; the answer must be exactly `echo`."""
        return seal_echo(
            self._cipher,
            self._token,
            echo,
            timestamp=now // 1000,
            nonce=self._nonce(),
            random16=self._source.randbytes(16),
        )

    def _nonce(self) -> str:
        return str(self._source.randrange(10**9, 10**10))
