"""What a customer lives through, told to a service that may die meanwhile, and what must be true afterwards."""

from dataclasses import dataclass

from router.commands.demo_data import CODE
from tests.crash.deployment import LONGEST_LEASE, Deployment, Json

WELCOME_LEASE = 7  # seconds: a little more than the lease of the welcome lane
LEASE = LONGEST_LEASE

_OPEN = "SELECT (SELECT count(*) FROM inbox WHERE status = 'stored') + (SELECT count(*) FROM outbox"
_OPEN += " WHERE status IN ('pending', 'sending'))"
_PLACES = "SELECT (SELECT count(*) FROM reservation WHERE place_taken) + (SELECT count(*) FROM assignment"
_PLACES += " WHERE own_place)"
_COUNTED = "SELECT coalesce(sum(taken), 0) FROM counter WHERE subject LIKE 'agent:%' AND subject NOT LIKE '%@%'"
_COUNTED += " AND \"window\" = 'day'"
_WAYS = "SELECT config_id FROM contact_way WHERE status IN ('ready', 'leased', 'retiring')"


@dataclass(frozen=True, slots=True)
class Customer:
    """Who scanned, and the picture this visitor was shown."""

    external_userid: str
    qr_url: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How often each effect is at the platform, and what the ledger holds, for one customer."""

    welcomes: int
    replies: int
    handed_over: int
    tags: frozenset[str]
    assignments: int
    confirmed: int


ONCE = Outcome(
    welcomes=1,
    replies=1,
    handed_over=1,
    tags=frozenset({"门店海报", "问报价", "高意向"}),
    assignments=1,
    confirmed=1,
)


def scan(deployment: Deployment, *, lapse: int = LEASE) -> Customer:
    """Scan until an agent is reserved; without ``lapse`` the platform's clock stays, as other customers need it."""
    known: list[str] = []

    def scanned() -> Json | None:
        url = f"{deployment.service_url}/q/{CODE}"
        found = deployment.control("scan", url=url, customer=known[0] if known else None)
        if found is not None:
            known[:] = [found["customer"]["external_userid"]]
        return found if found is not None and found["answer"].get("outcome") == "reserved" else None

    found = deployment.until("an agent is reserved", scanned, lapse=lapse)
    assert found is not None
    return Customer(found["customer"]["external_userid"], found["answer"]["qr_url"])


def add(deployment: Deployment, customer: Customer) -> None:
    """Add the agent whose picture was shown."""
    act = {"customer": customer.external_userid, "qr_url": customer.qr_url}
    deployment.until("the picture is there to be added", lambda: deployment.control("add", **act))


def chat(deployment: Deployment, customer: Customer, text: str) -> None:
    """Write to the customer service account."""
    deployment.until(
        "the message is taken", lambda: deployment.control("chat", customer=customer.external_userid, text=text)
    )


def tell(deployment: Deployment) -> Customer:
    """Scan, add, ask for the price, ask for a person; wait for what each step must bring."""
    customer = scan(deployment)
    who = customer.external_userid
    add(deployment, customer)
    deployment.until("the welcome arrives", lambda: deployment.effects("welcome", who), lapse=WELCOME_LEASE)
    deployment.until("the code's tag lands", lambda: "门店海报" in tags_of(deployment, who), lapse=LEASE)
    chat(deployment, customer, "请问这款多少钱？")
    deployment.until("a rule answers", lambda: deployment.effects("kf_message", who), lapse=LEASE)
    deployment.until("the rule's tags land", lambda: tags_of(deployment, who) == ONCE.tags, lapse=LEASE)
    chat(deployment, customer, "我想和真人聊聊")
    deployment.until("a person is asked", lambda: deployment.effects("kf_state", who), lapse=LEASE)
    settle(deployment)
    return customer


def settle(deployment: Deployment) -> None:
    """Wait until nothing is stored undecided and nothing is left to send."""
    deployment.until("everything is decided and sent", lambda: deployment.number(_OPEN) == 0, lapse=LEASE)


def outcome(deployment: Deployment, customer: Customer) -> Outcome:
    """What came of it."""
    who = customer.external_userid
    return Outcome(
        welcomes=len(deployment.effects("welcome", who)),
        replies=len(deployment.effects("kf_message", who)),
        handed_over=len(deployment.effects("kf_state", who)),
        tags=tags_of(deployment, who),
        assignments=len(deployment.api("GET", f"/customers/{who}")["assignments"]),
        confirmed=deployment.number(
            "SELECT count(*) FROM reservation AS r JOIN customer AS c ON c.id = r.customer_id"
            " WHERE r.status = 'confirmed' AND c.external_userid = :who",
            who=who,
        ),
    )


def tags_of(deployment: Deployment, external_userid: str) -> frozenset[str]:
    """The tags that the platform shows on this customer, without the names of their groups."""
    return tags(deployment).get(external_userid, frozenset())


def tags(deployment: Deployment) -> dict[str, frozenset[str]]:
    """The same for every customer."""
    shown: dict[str, frozenset[str]] = {}
    for follow in deployment.look("world")["follows"]:
        names = frozenset(name.rpartition("/")[2] for name in follow["tags"])
        shown[follow["external_userid"]] = shown.get(follow["external_userid"], frozenset()) | names
    return shown


@dataclass(frozen=True, slots=True)
class Books:
    """What must agree when nothing is open: the counters with the rows, our contact ways with the platform's."""

    counted: int
    ways: frozenset[str]
    corp_tags: int


def kept_books(deployment: Deployment) -> Books:
    """As the ledger's caches and our own list say."""
    return Books(
        counted=deployment.number(_COUNTED),
        ways=frozenset(row[0] for row in deployment.rows(_WAYS)),
        corp_tags=deployment.number("SELECT count(*) FROM tag_twin WHERE remote_id IS NOT NULL"),
    )


def true_books(deployment: Deployment) -> Books:
    """As the rows of the ledger and the platform say."""
    world = deployment.look("world")
    return Books(
        counted=deployment.number(_PLACES),
        ways=frozenset(way["config_id"] for way in world["contact_ways"] if way["deleted_at"] is None),
        corp_tags=sum(len(group["tags"]) for group in world["tag_groups"]),
    )
