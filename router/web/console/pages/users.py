"""Users of the console: who may sign in, as what."""

from collections.abc import Callable

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from router.web.console import accounts
from router.web.console.accounts import NewUser, User
from router.web.console.asking import now_of, read, user_of, write
from router.web.console.forms import read_form
from router.web.console.passwords import PasswordDesk
from router.web.console.render import go, page
from tagtree.wording import Problem


async def show_list(request: Request) -> Response:
    """All users, and the form for a new one."""
    return await _show(request)


async def create(request: Request) -> Response:
    """Add a user with a first password."""
    form = await read_form(request)
    language = request.state.words.language.code
    new = NewUser(form.text("username"), form.text("role"), form.integer("agent_id"), language)
    password = form.secret("password")
    if problem := accounts.refuse_password(password):
        return await _show(request, (problem,), new)
    password_hash = await _desk(request).hash(password)
    now, actor = now_of(request), user_of(request).username
    outcome = await write(request, lambda c: accounts.create_user(c, new, password_hash, now, actor))
    if isinstance(outcome, Problem):
        return await _show(request, (outcome,), new)
    return go("/users", said="created")


async def set_role(request: Request) -> Response:
    """Give a user another role."""
    form, user_id = await read_form(request), await _known(request)
    role, agent_id = form.text("role"), form.integer("agent_id")
    now, actor = now_of(request), user_of(request).username
    return await _answer(request, lambda c: accounts.change_role(c, user_id, role, agent_id, now, actor), "saved")


async def disable(request: Request) -> Response:
    """Stop a user from signing in, at once."""
    user_id, now, actor = await _known(request), now_of(request), user_of(request).username
    return await _answer(request, lambda c: accounts.disable_user(c, user_id, now, actor), "disabled")


async def enable(request: Request) -> Response:
    """Undo ``disable``."""
    user_id, now, actor = await _known(request), now_of(request), user_of(request).username
    return await _answer(request, lambda c: accounts.enable_user(c, user_id, now, actor), "enabled")


async def set_password(request: Request) -> Response:
    """Set a new password for somebody who lost theirs."""
    user_id, password = await _known(request), (await read_form(request)).secret("password")
    if problem := accounts.refuse_password(password):
        return await _show(request, (problem,))
    password_hash = await _desk(request).hash(password)
    now, actor = now_of(request), user_of(request).username
    return await _answer(request, lambda c: accounts.set_password(c, user_id, password_hash, now, actor), "saved")


async def _answer(request: Request, use_case: Callable[[Connection], User | Problem], said: str) -> Response:
    outcome = await write(request, use_case)
    if isinstance(outcome, Problem):
        return await _show(request, (outcome,))
    return go("/users", said=said)


async def _show(request: Request, problems: tuple[Problem, ...] = (), new: NewUser | None = None) -> Response:
    def around(connection: Connection) -> tuple[list[User], list[tuple[int, str]]]:
        return accounts.list_users(connection), accounts.list_agent_choices(connection)

    users, agents = await read(request, around)
    return page(
        request,
        "users.html",
        422 if problems else 200,
        users=users,
        agents=agents,
        agent_names=dict(agents),
        draft=new or NewUser("", "marketer", None),
        problems=problems,
    )


async def _known(request: Request) -> int:
    user_id: int = request.path_params["id"]
    if await read(request, lambda connection: accounts.find_user(connection, user_id)) is None:
        raise HTTPException(404)
    return user_id


def _desk(request: Request) -> PasswordDesk:
    desk = request.app.state.passwords
    assert isinstance(desk, PasswordDesk)
    return desk
