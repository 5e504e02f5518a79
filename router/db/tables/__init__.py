"""Every table of the ledger.

Instants are integers: milliseconds since the Unix epoch, UTC (columns ending in ``_at`` or named ``due``), so that both
databases compare and add them alike. JSON is text written by ``router.db.json``: it is read back whole, never searched.
Constraints are named by convention, so that a violated one can be recognised by its name.
"""

from router.db.tables.administration import ChangeRow, SettingRow, SignInRow, UserRow
from router.db.tables.arrivals import (
    AssignmentRow,
    ConversationRow,
    CustomerRow,
    DecisionRow,
    EntryRow,
    FollowRow,
    KfAccountRow,
    ReservationRow,
    VisitRow,
    WaitingRow,
)
from router.db.tables.attention import AlertRow, TallyRow, TaskRow
from router.db.tables.meaning import CatalogueItemRow, MessageClassRow, MessageMeaningRow, UnknownWordRow
from router.db.tables.placement import (
    AcquisitionLinkRow,
    GroupQrRow,
    NativeChangeRow,
    NativeWayRow,
    ScheduleRow,
    StoreRow,
    UpstreamWayRow,
)
from router.db.tables.projection import (
    RemoteTagRow,
    TagChoiceRow,
    TagReadingRow,
    TagRunRow,
    TagStepRow,
    TagTwinRow,
)
from router.db.tables.questions import AnswerReplyRow, AnswerRow, QueueCodeRow
from router.db.tables.reception import (
    AgentRow,
    CapRow,
    ContactWayRow,
    CounterRow,
    LiveCodeRow,
    LiveCodeTagRow,
    PoolMemberRow,
    PoolRow,
)
from router.db.tables.rules import (
    CustomerTurnRow,
    RuleHitRow,
    RuleTallyRow,
    VersionDiffRow,
    WebhookRow,
    WithdrawalRow,
)
from router.db.tables.table import NAMING, Id, Table
from router.db.tables.tagging import (
    RuleSetRow,
    RuleSetVersionRow,
    TagEdgeRow,
    TagMarkRow,
    TagMergeRow,
    TagRow,
)
from router.db.tables.traffic import InboxRow, OutboxRow, TimerRow
from router.db.tables.words import WordHitRow, WordSetRow

__all__ = [
    "NAMING",
    "AcquisitionLinkRow",
    "AgentRow",
    "AlertRow",
    "AnswerReplyRow",
    "AnswerRow",
    "AssignmentRow",
    "CapRow",
    "CatalogueItemRow",
    "ChangeRow",
    "ContactWayRow",
    "ConversationRow",
    "CounterRow",
    "CustomerRow",
    "CustomerTurnRow",
    "DecisionRow",
    "EntryRow",
    "FollowRow",
    "GroupQrRow",
    "Id",
    "InboxRow",
    "KfAccountRow",
    "LiveCodeRow",
    "LiveCodeTagRow",
    "MessageClassRow",
    "MessageMeaningRow",
    "NativeChangeRow",
    "NativeWayRow",
    "OutboxRow",
    "PoolMemberRow",
    "PoolRow",
    "QueueCodeRow",
    "RemoteTagRow",
    "ReservationRow",
    "RuleHitRow",
    "RuleSetRow",
    "RuleSetVersionRow",
    "RuleTallyRow",
    "ScheduleRow",
    "SettingRow",
    "SignInRow",
    "StoreRow",
    "Table",
    "TagChoiceRow",
    "TagEdgeRow",
    "TagMarkRow",
    "TagMergeRow",
    "TagReadingRow",
    "TagRow",
    "TagRunRow",
    "TagStepRow",
    "TagTwinRow",
    "TallyRow",
    "TaskRow",
    "TimerRow",
    "UnknownWordRow",
    "UpstreamWayRow",
    "UserRow",
    "VersionDiffRow",
    "VisitRow",
    "WaitingRow",
    "WebhookRow",
    "WithdrawalRow",
    "WordHitRow",
    "WordSetRow",
]
