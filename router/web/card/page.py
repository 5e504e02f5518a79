"""``/card/?t=…``: the contact card behind a signed link, and taking a wrong tag off from it."""

from dataclasses import dataclass
from functools import partial
from typing import assert_never
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from router.db.queries.card import received
from router.db.queries.customers import get_customer
from router.db.queries.meanings import meanings_of
from router.db.queries.presence import with_photo
from router.db.queries.users import User, get_user
from router.domain.events import CustomerWrote
from router.handlers.admin.act import Act
from router.handlers.admin.customers import take_tag_off
from router.handlers.admin.users import may_see
from router.handlers.inbound import translate
from router.services import Services
from router.web.card.render import render_card, render_refused
from router.web.card.view import CardView, agent_ids, card_view, message_ids
from router.web.card.words import CARD_WORDS
from router.web.card_link import PURPOSE, CardLink, LinkExpired, LinkInvalid, read_card_link
from router.web.language import Language, preferred_language
from router.web.security import BodyLimit, CrossSiteCheck, SecurityHeaders

LONGEST_TOKEN = 2_048  # characters
LARGEST_FORM = 16_384  # bytes
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class LinkWithdrawn:
    """Its viewer may not see this customer any more: disabled, or in another role, or of another agent."""


LinkRefusal = LinkInvalid | LinkExpired | LinkWithdrawn


def card_mount(services: Services) -> Mount:
    """The card under ``/card``, with the headers and checks of every page for people."""
    return Mount(
        "/card",
        routes=[Route("/", partial(show_card, services)), Route("/", partial(take_off, services), methods=["POST"])],
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(CrossSiteCheck, own_origin=lambda: services.settings.public_url),
            Middleware(BodyLimit, largest=LARGEST_FORM),
        ],
    )


async def show_card(services: Services, request: Request) -> Response:
    """The card of the link's customer; 403 for a link that opens nothing any more, 404 when the customer is gone."""
    link = _link(services, request)
    if not isinstance(link, CardLink):
        return _refused(request, link)
    viewer, card = await services.ledger.read(lambda c: (find_viewer(c, link), load_card(c, link.customer)))
    if isinstance(viewer, LinkWithdrawn):
        return _refused(request, viewer)
    language = _language(request, viewer)
    if card is None:
        return _page(render_refused("missing", language), 404)
    notice = CARD_WORDS[language]["taken_off"] if request.query_params.get("off") == "1" else ""
    return _page(
        render_card(
            card, language, services.settings.time_zone, token=_token(request), can_take_off=True, notice=notice
        )
    )


async def take_off(services: Services, request: Request) -> Response:
    """Take the posted ``tag_id`` off; back to the card, also when somebody else took it off a moment before."""
    link = _link(services, request)
    if not isinstance(link, CardLink):
        return _refused(request, link)
    tag_id = _tag_id((await request.form()).get("tag_id"))
    act = Act(link.viewer, services.clock(), services.settings.time_zone)

    def take_it_off(connection: Connection) -> LinkWithdrawn | None:
        viewer = find_viewer(connection, link)
        if isinstance(viewer, LinkWithdrawn):
            return viewer
        if tag_id is not None:
            take_tag_off(connection, act, link.customer, tag_id)
        return None

    if refusal := await services.ledger.write(take_it_off):
        return _refused(request, refusal)
    said = "" if tag_id is None else "&off=1"
    return RedirectResponse(f"./?t={quote(_token(request))}{said}", 303)


def find_viewer(connection: Connection, link: CardLink) -> User | LinkWithdrawn | None:
    """The user of the console who made the link, as long as they may see its customer; None for a link of the API."""
    if link.user_id is None:
        return None
    user = get_user(connection, link.user_id)
    if user is None or user.disabled_at is not None:
        return LinkWithdrawn()
    customer = get_customer(connection, link.customer)
    return user if customer is None or may_see(user, customer) else LinkWithdrawn()


def load_card(connection: Connection, external_userid: str) -> CardView | None:
    """Everything on the card, read at one moment; None when there is no such customer."""
    customer = get_customer(connection, external_userid)
    if customer is None:
        return None
    rows = received(connection, message_ids(customer))
    texts = {event_id: text for event_id, row in rows.items() if (text := _words_of(*row))}
    read = meanings_of(connection, customer.id)
    return card_view(customer, texts, with_photo(connection, agent_ids(customer)), read)


def _words_of(callback: str, plaintext: str) -> str:
    event = translate(callback, plaintext)
    return event.text if isinstance(event, CustomerWrote) else ""


def _link(services: Services, request: Request) -> CardLink | LinkInvalid | LinkExpired:
    token = _token(request)
    if not token or len(token) > LONGEST_TOKEN:
        return LinkInvalid()
    return read_card_link(services.secret_box.derive(PURPOSE), token, services.clock())


def _token(request: Request) -> str:
    return request.query_params.get("t", "")


def _tag_id(posted: object) -> int | None:
    if not isinstance(posted, str) or not posted.isascii() or not posted.isdigit() or len(posted) > 19:
        return None
    return min(int(posted), LARGEST_ID)


def _refused(request: Request, refusal: LinkRefusal) -> Response:
    return _page(render_refused(_reason(refusal), _language(request)), 403)


def _reason(refusal: LinkRefusal) -> str:
    match refusal:
        case LinkInvalid():
            return "forged"
        case LinkExpired():
            return "expired"
        case LinkWithdrawn():
            return "withdrawn"
        case _:
            assert_never(refusal)


def _page(page: str, status: int = 200) -> Response:
    # The link is a key: it must not travel to other sites in a Referer.
    return HTMLResponse(page, status, {"Referrer-Policy": "no-referrer", "Vary": "Accept-Language"})


def _language(request: Request, viewer: User | None = None) -> Language:
    """What the viewer chose in the console; what the browser asks for where there is no such choice."""
    if viewer is not None and viewer.language:
        return "en" if viewer.language == "en" else "zh"
    return preferred_language(request.headers.get("accept-language", ""))
