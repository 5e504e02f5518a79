"""Users of the console: who may sign in, as what."""

from collections.abc import Callable

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.users import User, list_agent_choices, list_users
from router.handlers.admin import users
from router.handlers.admin.act import Act
from router.handlers.admin.passwords import password_problem
from router.handlers.admin.refusal import Refusal
from router.handlers.admin.users import NewUser
from router.web.console.asking import Refused, change, read
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
    new = NewUser(form.text("username"), form.text("role"), form.integer("agent_id"))
    password = form.secret("password")
    if problem := password_problem(password):
        return await _show(request, (problem,), new)
    password_hash = await _desk(request).hash(password)
    outcome = await change(request, lambda c, act: users.create_user(c, act, new, password_hash))
    if isinstance(outcome, Refused):
        return await _show(request, outcome.problems, new)
    return go("/users", said="created")


async def set_role(request: Request) -> Response:
    """Give a user another role."""
    form, user_id = await read_form(request), request.path_params["id"]
    role, agent_id = form.text("role"), form.integer("agent_id")
    return await _answer(request, lambda c, act: users.change_role(c, act, user_id, role, agent_id), "saved")


async def disable(request: Request) -> Response:
    """Stop a user from signing in, at once."""
    user_id = request.path_params["id"]
    return await _answer(request, lambda c, act: users.disable_user(c, act, user_id), "disabled")


async def enable(request: Request) -> Response:
    """Undo ``disable``."""
    user_id = request.path_params["id"]
    return await _answer(request, lambda c, act: users.enable_user(c, act, user_id), "enabled")


async def set_password(request: Request) -> Response:
    """Set a new password for somebody who lost theirs."""
    user_id, password = request.path_params["id"], (await read_form(request)).secret("password")
    if problem := password_problem(password):
        return await _show(request, (problem,))
    password_hash = await _desk(request).hash(password)
    return await _answer(request, lambda c, act: users.set_password(c, act, user_id, password_hash), "saved")


async def _answer(request: Request, use_case: Callable[[Connection, Act], User | Refusal], said: str) -> Response:
    outcome = await change(request, use_case)
    if isinstance(outcome, Refused):
        return await _show(request, outcome.problems)
    return go("/users", said=said)


async def _show(request: Request, problems: tuple[Problem, ...] = (), new: NewUser | None = None) -> Response:
    def around(connection: Connection) -> tuple[list[User], list[tuple[int, str]]]:
        return list_users(connection), list_agent_choices(connection)

    shown, agents = await read(request, around)
    return page(
        request,
        "users.html",
        422 if problems else 200,
        users=shown,
        agents=agents,
        agent_names=dict(agents),
        draft=new or NewUser("", "marketer", None),
        problems=problems,
    )


def _desk(request: Request) -> PasswordDesk:
    desk = request.app.state.passwords
    assert isinstance(desk, PasswordDesk)
    return desk
