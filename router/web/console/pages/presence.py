"""在岗 (duty) in the agent's own hands: online, paused or offline; and the photo that visitors see."""

from anyio import to_thread
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.agents import Agent, get_agent
from router.db.queries.schedules import get_schedule
from router.domain.schedule_wording import describe
from router.handlers.admin.presence import set_photo, set_presence
from router.web.console.asking import Refused, change, found, now_of, read, services_of, user_of
from router.web.console.forms import read_form
from router.web.console.render import go, page
from router.web.console.week import state_of
from router.web.photo import LARGEST, square_photo
from tagtree.wording import Problem, Wording

_NO_FILE = Problem(
    "",
    Wording("No file was chosen.", "没有选择文件。"),
    Wording("Choose a PNG or JPEG picture first.", "请先选择 PNG 或 JPEG 图片。"),
)


async def show_own(request: Request) -> Response:
    """The reader's own duty."""
    return await _show(request, await _own(request))


async def set_own(request: Request) -> Response:
    """Online, paused or offline, by the agent themselves and for nobody else."""
    agent = await _own(request)
    outcome = await _set(request, agent.id)
    return await _show(request, agent, outcome) if outcome else go("/presence", said="saved")


async def set_of_agent(request: Request) -> Response:
    """The same for anyone, by an admin."""
    agent_id: int = request.path_params["id"]
    outcome = await _set(request, agent_id)
    if outcome:
        return await _show(request, await _agent(request, agent_id), outcome)
    return go(f"/agents/{agent_id}", said="saved")


async def upload_photo(request: Request) -> Response:
    """Keep a photo of an agent, square and without what the camera wrote into it."""
    agent_id: int = request.path_params["id"]
    photo = await _uploaded(request)
    if isinstance(photo, Problem):
        return await _show(request, await _agent(request, agent_id), Refused((photo,)))
    await change(request, lambda connection, act: set_photo(connection, act, agent_id, photo))
    return go(f"/agents/{agent_id}", said="saved")


async def remove_photo(request: Request) -> Response:
    """Show the initials again."""
    agent_id: int = request.path_params["id"]
    await change(request, lambda connection, act: set_photo(connection, act, agent_id, None))
    return go(f"/agents/{agent_id}", said="saved")


async def _set(request: Request, agent_id: int) -> Refused | None:
    form = await read_form(request)
    presence = form.text("presence")
    minutes = None if presence == "online" else form.number("minutes")
    outcome = await change(request, lambda c, act: set_presence(c, act, agent_id, presence, minutes))
    return outcome if isinstance(outcome, Refused) else None


async def _uploaded(request: Request) -> bytes | Problem:
    async with request.form(max_files=1, max_fields=10, max_part_size=LARGEST) as form:
        upload = form.get("photo")
        if not isinstance(upload, UploadFile) or not upload.filename:
            return _NO_FILE
        content = await upload.read(LARGEST + 1)
    return await to_thread.run_sync(square_photo, content)


async def _show(request: Request, agent: Agent, refusal: Refused | None = None) -> Response:
    zone, now = services_of(request).settings.time_zone, now_of(request)
    schedule_id = agent.schedule_id
    saved = await read(request, lambda c: get_schedule(c, schedule_id)) if schedule_id else None
    return page(
        request,
        "presence.html",
        422 if refusal else 200,
        agent=agent,
        is_own=user_of(request).agent_id == agent.id,
        saved=saved,
        parts=describe(saved.schedule) if saved else (),
        state=state_of(saved.schedule, now, zone) if saved else None,
        problems=refusal.problems if refusal else (),
    )


async def _own(request: Request) -> Agent:
    agent_id = user_of(request).agent_id
    if agent_id is None:
        raise HTTPException(404)
    return await _agent(request, agent_id)


async def _agent(request: Request, agent_id: int) -> Agent:
    zone, now = services_of(request).settings.time_zone, now_of(request)
    return found(await read(request, lambda connection: get_agent(connection, agent_id, now, zone)))
