"""What the web and the workers are handed: built once by ``main``, closed by it in reverse."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from router.clock import Clock
from router.db.ledger import Ledger
from router.db.queries.scan_pages import PrintedCode, printed_code
from router.db.queries.stores import slugs_by_place
from router.db.remembered import Remembered
from router.domain.scan import ScanAnswer
from router.handlers.catalog import CatalogInForce
from router.handlers.meaning import CHANGED as MEANING_CHANGED
from router.handlers.meaning import MeaningInForce
from router.handlers.native import NativeRules
from router.handlers.outbound.platform import Platform
from router.handlers.outbound.platforms import Platforms
from router.handlers.received import Situation
from router.handlers.scan import ScanRequest, ScanRules, scan_each
from router.handlers.words_in_force import CHANGED, WordsInForce
from router.secret_box import SecretBox
from router.settings import Settings
from tagtree.text import normalise


@dataclass(slots=True, eq=False)
class Services:
    """``settings`` is the snapshot in force: the console replaces it as a whole."""

    settings: Settings
    ledger: Ledger
    clock: Clock
    secret_box: SecretBox
    rules: CatalogInForce = field(default_factory=CatalogInForce)
    words: WordsInForce = field(default_factory=WordsInForce)
    meaning: MeaningInForce = field(default_factory=MeaningInForce)
    platforms: Platforms = field(init=False)
    printed_codes: Remembered[str, PrintedCode] = field(init=False)
    slugs_by_place: Remembered[None, frozenset[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.platforms = Platforms(self.ledger, self.clock, self.secret_box, self.words)
        self.ledger.subscribe(CHANGED, self.words.outdate)
        self.ledger.subscribe(MEANING_CHANGED, self.meaning.outdate)
        self.printed_codes = Remembered(self.ledger, printed_code, told="codes")
        self.slugs_by_place = Remembered(self.ledger, lambda connection, _: slugs_by_place(connection), told="codes")

    def platform(self) -> Platform:
        """The platform's clients for the settings in force."""
        return self.platforms.current(self.settings)

    async def scan(self, request: ScanRequest) -> ScanAnswer | None:
        """Answer one scan; scans that wait at the same time share a transaction. None: no such live code."""
        return await self.ledger.write_each(self._scan_each, request)

    def situation(self, connection: Connection) -> Situation:
        """What deciding needs besides the events, as of now."""
        return Situation(
            now=self.clock(),
            zone=self.settings.time_zone,
            catalog=self.rules.current(connection),
            human_words=tuple(normalise(word).text for word in self.settings.human_words),
            human_pool_id=self.settings.kf_pool_id,
            words=self.words.at_hand(connection),
            meaning=self.meaning.at_hand(connection, self.settings.class_margin),
        )

    @property
    def native_rules(self) -> NativeRules:
        """What the settings say about native codes."""
        seconds = self.settings.native_edit_seconds + self.settings.native_seen_seconds
        return NativeRules(self.settings.time_zone, seconds * 1_000)

    def _scan_each(self, connection: Connection, requests: Sequence[ScanRequest]) -> list[ScanAnswer | None]:
        rules = ScanRules(self.settings.time_zone, self.settings.stock_low, self.settings.stock_target)
        return scan_each(connection, requests, self.clock(), rules)
