"""Signing in and out, the reader's language and password."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from router.db.queries.users import adopt_language, get_credentials, set_language
from router.handlers.admin.passwords import password_problem
from router.handlers.admin.users import set_password
from router.web.console.asking import change, read, user_of, write
from router.web.console.forms import read_form, read_query
from router.web.console.passwords import PasswordDesk
from router.web.console.render import BASE, LANGUAGE_COOKIE, go, page
from router.web.console.sign_in import Crowded, SignInDesk, TooManyTries, WrongPassword, drop_token, keep_token
from router.web.i18n import LANGUAGES
from tagtree.wording import Problem, Wording

A_YEAR = 31_536_000  # seconds

WRONG_PASSWORD = Problem(
    "password",
    Wording("User name and password do not match.", "用户名或密码不正确。"),
    Wording("Check both, or ask an admin for a new password.", "请检查后重试，或请管理员重设密码。"),
)
TOO_MANY_TRIES = Problem(
    "",
    Wording("Too many failed tries.", "失败次数过多。"),
    Wording("Wait five minutes, then try again.", "请等待五分钟后再试。"),
)
CROWDED = Problem(
    "",
    Wording("Too many people sign in at this moment.", "此刻登录的人太多。"),
    Wording("Try again in a few seconds.", "请过几秒再试。"),
)
PASSWORD_DOES_NOT_FIT = Problem(
    "current",
    Wording("This is not your present password.", "当前密码不正确。"),
    Wording("Type the password you signed in with.", "请输入登录时使用的密码。"),
)


async def show_sign_in(request: Request) -> Response:
    """The sign-in page; somebody who is signed in goes on to their home."""
    if request.state.user is not None:
        return RedirectResponse(_home(request), status_code=303)
    following = read_query(request).text("next")
    return page(request, "sign_in.html", username="", following=following)


async def sign_in(request: Request) -> Response:
    """Verify the password and begin a session."""
    form = await read_form(request)
    desk: SignInDesk = request.app.state.desk
    address = request.client.host if request.client else ""
    username, following = form.text("username"), form.text("next")
    match await desk.sign_in(username[:64], form.secret("password")[:1000], address):
        case TooManyTries():
            return _sign_in_again(request, TOO_MANY_TRIES, 429, username, following)
        case Crowded():
            return _sign_in_again(request, CROWDED, 429, username, following)
        case WrongPassword():
            return _sign_in_again(request, WRONG_PASSWORD, 422, username, following)
        case token:
            response = RedirectResponse(_safe(following), status_code=303)
            keep_token(request, response, token)
            chosen = request.cookies.get(LANGUAGE_COOKIE, "")
            if chosen in LANGUAGES:
                await write(request, lambda connection: adopt_language(connection, username, chosen))
            return response


async def sign_out(request: Request) -> Response:
    """End this browser's session."""
    desk: SignInDesk = request.app.state.desk
    await desk.sign_out(request)
    response = go("/sign-in")
    drop_token(request, response)
    return response


async def choose_language(request: Request) -> Response:
    """Switch the language: of the user when signed in, of the browser otherwise."""
    form = await read_form(request)
    language = form.text("language")
    response = RedirectResponse(_safe(form.text("next")), status_code=303)
    if language not in LANGUAGES:
        return response
    user = request.state.user
    if user is None:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=A_YEAR, samesite="lax", httponly=True)
    else:
        await write(request, lambda connection: set_language(connection, user.id, language))
    return response


async def show_account(request: Request) -> Response:
    """The reader's own account."""
    return page(request, "account.html")


async def change_password(request: Request) -> Response:
    """Replace the reader's password; all their browsers but this one have to sign in again."""
    form = await read_form(request)
    user = user_of(request)
    passwords: PasswordDesk = request.app.state.passwords
    desk: SignInDesk = request.app.state.desk
    password = form.secret("password")
    if problem := password_problem(password):
        return page(request, "account.html", 422, problems=(problem,))
    credentials = await read(request, lambda connection: get_credentials(connection, user.username))
    if credentials is None or not await passwords.verify(credentials.password_hash, form.secret("current")[:1000]):
        return page(request, "account.html", 422, problems=(PASSWORD_DOES_NOT_FIT,))
    password_hash = await passwords.hash(password)
    await change(request, lambda connection, act: set_password(connection, act, user.id, password_hash))
    response = go("/account", said="password")
    keep_token(request, response, await desk.begin(user.id))
    return response


def _sign_in_again(request: Request, problem: Problem, status: int, username: str, following: str) -> Response:
    return page(request, "sign_in.html", status, username=username, following=following, problems=(problem,))


def _home(request: Request) -> str:
    return f"{BASE}/customers" if request.state.user.role == "agent" else f"{BASE}/"


def _safe(following: str) -> str:
    """Only an address of the console: anything else would let a link send people elsewhere after signing in."""
    within = following.startswith(f"{BASE}/") and "\\" not in following and not any(each < " " for each in following)
    return following if within else f"{BASE}/"
