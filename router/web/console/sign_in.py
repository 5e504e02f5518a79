"""The signed-in browser: its cookie, who it belongs to, and how it comes to one."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from router.clock import Clock, system_clock
from router.db.ledger import Ledger
from router.db.queries.users import User, get_credentials
from router.handlers.admin.users import SIGN_IN_LIFETIME, begin_sign_in, end_sign_in, find_signed_in
from router.web.console.passwords import PasswordDesk
from router.web.console.throttle import Throttle
from router.web.security import is_https

COOKIE = "liveqr"
SECURE_COOKIE = f"__Host-{COOKIE}"  # the prefix makes browsers refuse it without Secure, or from another subdomain
LONGEST_TOKEN = 64  # characters


@dataclass(frozen=True, slots=True)
class WrongPassword:
    """No user of that name may sign in with that password."""


@dataclass(frozen=True, slots=True)
class TooManyTries:
    """Too many failures for this name or from this address in the last five minutes."""


@dataclass(frozen=True, slots=True)
class Crowded:
    """Too many passwords wait to be verified; this one was not looked at."""


SignInRefusal = WrongPassword | TooManyTries | Crowded


class SignInDesk:
    """Signs browsers in and out.

    It reads the system's clock and not the service's: a rehearsal that moves the sandbox by a day must not sign out the
    person who watches it.
    """

    def __init__(
        self, ledger: Ledger, passwords: PasswordDesk, throttle: Throttle, clock: Clock = system_clock
    ) -> None:
        self._ledger = ledger
        self._passwords = passwords
        self._throttle = throttle
        self._clock = clock

    async def user_of(self, request: Request) -> User | None:
        """Who is signed in in this browser."""
        token = token_of(request)
        if token is None:
            return None
        now = self._clock()
        return await self._ledger.read(lambda connection: find_signed_in(connection, token, now))

    async def sign_in(self, username: str, password: str, address: str) -> str | SignInRefusal:
        """The token for the browser's cookie, or why not. Unknown users and wrong passwords are told alike."""
        taken = self._throttle.take(username, address, self._clock())
        if taken is None:
            return TooManyTries()
        found = await self._ledger.read(lambda connection: get_credentials(connection, username))
        if self._passwords.is_crowded:
            self._throttle.give_back(taken)
            return Crowded()
        if not await self._passwords.verify(found.password_hash if found else None, password) or found is None:
            return WrongPassword()
        self._throttle.give_back(taken)
        return await self.begin(found.user_id)

    async def begin(self, user_id: int) -> str:
        """A token for one more browser of a user whose password was verified."""
        now = self._clock()
        return await self._ledger.write(lambda connection: begin_sign_in(connection, user_id, now))

    async def sign_out(self, request: Request) -> None:
        """Forget this browser."""
        token = token_of(request)
        if token is not None:
            await self._ledger.write(lambda connection: end_sign_in(connection, token))


def keep_token(request: Request, response: Response, token: str) -> None:
    """Put the token into the browser's cookie."""
    response.set_cookie(
        _cookie_name(request),
        token,
        max_age=SIGN_IN_LIFETIME // 1000,
        secure=_has_tls(request),
        httponly=True,
        samesite="lax",
    )


def drop_token(request: Request, response: Response) -> None:
    """Take the cookie away."""
    response.delete_cookie(_cookie_name(request), secure=_has_tls(request), httponly=True, samesite="lax")


def token_of(request: Request) -> str | None:
    """The token of the browser's cookie, whether or not it is still good."""
    if not request.cookies:
        return None
    token = request.cookies.get(_cookie_name(request), "")
    return token if 0 < len(token) <= LONGEST_TOKEN else None


def _cookie_name(request: Request) -> str:
    return SECURE_COOKIE if _has_tls(request) else COOKIE


def _has_tls(request: Request) -> bool:
    return is_https(request, request.app.state.services.settings.public_url)
