"""Bring a platform's tags in line: read its list, take the steps of a plan, make the twin a customer needs."""

from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection

from router.db.queries import outbox, projection, tag_runs, tags
from router.db.queries.outbox import Order
from router.db.queries.tag_runs import StepState
from router.domain.delivery import Done, Refused, TryAgain
from router.domain.effects import MakeTag
from router.domain.tag_effects import ReadTags, RemarkTag, TakeTagStep, Target
from router.handlers.outbound.platform import (
    WAITS_FOREVER,
    Carried,
    Platform,
    Record,
    outcome_of,
    switched_off,
    unneeded,
)
from router.handlers.outbound.remote_tags import NAME_TAKEN, UNKNOWN, CorpTags, Listed, RemoteTags, tags_of
from router.handlers.projection import (
    MOST_REPLANS,
    TagRules,
    let_go,
    mark_anew,
    marks_of,
    note_reading,
    read_again,
    with_maker,
)
from router.platforms.wecom import errors
from tagtree.projection.placement import Twin, place
from tagtree.projection.steps import (
    Adopt,
    Conflict,
    CountExceeded,
    Create,
    Delete,
    Move,
    NameTaken,
    Release,
    RemoteTag,
    Rename,
    RenameGroup,
    Step,
)
from tagtree.projection.wording import reason_of

LOOK_AGAIN = 2_000  # ms until it is asked once more whether everybody carries a tag
HELD_BY_ARCHIVED = "the archived tag of this name is still on WeCom: apply the plan on the page “Tags on WeCom”"
HELD_BY_OURS = "another tag of ours still has this name on WeCom: apply the plan on the page “Tags on WeCom”"
PART = {"wecom": "customer contact", "official_account": "the Official Account"}


async def read(platform: Platform, effect: ReadTags) -> Carried:
    """Read the list, note what changed without us, and have it repaired if the settings say so."""
    remote = tags_of(platform, effect.target)
    if remote is None:
        return switched_off(PART[effect.target])
    try:
        listed = await remote.listed()
    except errors.PlatformError as error:
        return Carried(outcome_of(error))

    def record(connection: Connection, now: int) -> None:
        note_reading(connection, effect.target, effect.cause, listed, platform.tag_rules, now)

    return Carried(Done(f"{len(listed)} tags"), record)


async def take(platform: Platform, effect: TakeTagStep) -> Carried:
    """Take one step, unless a newer plan took the place of its own; taken twice it does nothing more."""
    remote = tags_of(platform, effect.target)
    if remote is None:
        return switched_off(PART[effect.target])
    state = await platform.ledger.read(lambda c: tag_runs.step_in_force(c, effect.run_id, effect.number))
    if state is None or state.status not in ("waiting", "refused"):
        return unneeded("a newer plan took its place")
    taking = _Taking(platform, remote, effect, state)
    try:
        return await taking.carry_out()
    except errors.PlatformError as error:
        return taking.failed(error)


@dataclass(frozen=True, slots=True)
class _Taking:
    """One attempt at one step."""

    platform: Platform
    remote: RemoteTags
    effect: TakeTagStep
    state: StepState

    async def carry_out(self) -> Carried:
        """Raises what the platform raises."""
        step, made = self.state.step, None
        match step:
            case Create(_, group, name) | Move(_, _, group, name):
                made = await _added(self.platform, self.remote, self.effect.target, group, name)
            case Rename(_, remote_id, _, name):
                await self.remote.rename(remote_id, name)
            case RenameGroup(group_id, _, name):
                await self.remote.rename_group(group_id, name)
            case Delete(remote_id):
                await self._delete(remote_id)
            case Adopt() | Release():
                pass  # nothing changes on the platform
        return Carried(Done(), partial(self._note, step, made), sent=not isinstance(step, Adopt | Release))

    async def _delete(self, remote_id: str) -> None:
        try:
            await self.remote.delete(remote_id)
        except errors.Refused as error:
            if error.errcode not in UNKNOWN:
                raise  # one that is gone is as wanted

    def _note(self, step: Step, made: Listed | None, connection: Connection, now: int) -> None:
        note_step(connection, self.effect.target, step, made, now)
        tag_runs.finish_step(connection, self.effect.run_id, self.effect.number, "done", now)

    def failed(self, error: errors.PlatformError) -> Carried:
        """What the list does not say (any more) is read and planned anew; other refusals a person must see."""
        if isinstance(error, errors.Refused) and error.errcode in NAME_TAKEN | UNKNOWN:
            return Carried(Done(f"planned anew: {error}", error.errcode), partial(self._plan_anew, error))
        outcome = outcome_of(error)
        refused = partial(self._refuse, error)
        return Carried(outcome, refused if isinstance(outcome, Refused) else None, given_up=refused)

    def _plan_anew(self, error: errors.Refused, connection: Connection, now: int) -> None:
        target = self.effect.target
        run = tag_runs.latest_run(connection, target)
        if run is None or run.replans >= MOST_REPLANS:
            self._refuse(error, connection, now)
            return
        tag_runs.overtake(connection, target)
        read_again(connection, target, "replan", now)

    def _refuse(self, error: errors.PlatformError, connection: Connection, now: int) -> None:
        errcode = error.errcode if isinstance(error, errors.Refused) else None
        effect = self.effect
        tag_runs.finish_step(
            connection, effect.run_id, effect.number, "refused", now, errcode=errcode, error=str(error)
        )


async def _added(platform: Platform, remote: RemoteTags, target: Target, group: str, name: str) -> Listed:
    """A new tag, unless ours is there already, of which nobody learned that it was made.

    That a tag is asked for is written before the call and outlives the effect: what an attempt of unknown outcome
    has made is ours, whoever looks for it next.
    """
    free = await platform.ledger.read(lambda c: _free_tag_of_ours(c, target, group, name))
    if free is not None:
        return free, 0
    since = await platform.ledger.read(lambda c: projection.asked(c, target).get((group, name)))
    if since is not None and (made := await _made_since(platform, remote, target, group, name)) is not None:
        return made
    await platform.ledger.write(lambda c: projection.ask(c, target, group, name, platform.clock()))
    try:
        return await remote.add(group, name)
    except errors.Refused as error:
        if since is None and _is_final(error):
            await platform.ledger.write(lambda c: projection.answer(c, target, group, name))
        raise


def _free_tag_of_ours(connection: Connection, target: Target, group: str, name: str) -> RemoteTag | None:
    linked = set(projection.links(connection, target).values())
    ours = (tag for tag in projection.remote_tags(connection, target) if tag.ours and tag.id not in linked)
    return next((tag for tag in ours if (tag.group, tag.name) == (group, name)), None)


async def _made_since(platform: Platform, remote: RemoteTags, target: Target, group: str, name: str) -> Listed | None:
    """What an attempt of unknown outcome made."""
    listed = await remote.listed()
    ours = await platform.ledger.read(lambda c: with_maker(c, target, listed))
    found = (each for each in ours if (each[0].group, each[0].name) == (group, name) and each[0].ours)
    return next(found, None)


def _is_final(error: errors.Refused) -> bool:
    """The tag was not made, and this attempt is the last for now."""
    return error.errcode in NAME_TAKEN or isinstance(outcome_of(error), Refused)


def note_step(connection: Connection, target: Target, step: Step, made: Listed | None, now: int) -> None:
    """Keep what we know of the platform in step with what we did there: its calls raise no events."""
    match step:
        case Create(tag_id) | Move(tag_id):
            assert made is not None
            projection.put_remote(connection, target, [made], now)
            projection.answer(connection, target, made[0].group, made[0].name)
            _link(connection, target, tag_id, made[0].id, now)
        case Adopt(tag_id, remote_id):
            _link(connection, target, tag_id, remote_id, now)
        case Release(tag_id):
            projection.unlink(connection, target, [tag_id])
            _unconfirm(connection, target, tag_id)
        case Rename(_, remote_id, _, name):
            projection.rename_remote(connection, target, remote_id, name)
        case RenameGroup(group_id, _, name):
            projection.rename_group(connection, target, group_id, name)
        case Delete(remote_id):
            if (linked := projection.linked_tag(connection, target, remote_id)) is not None:
                projection.unlink(connection, target, [linked])
                _unconfirm(connection, target, linked)
            projection.lose_remote(connection, target, [remote_id], now)  # which stands for nothing any more


def _link(connection: Connection, target: Target, tag_id: int, remote_id: str, now: int) -> None:
    """Nobody carries the new twin yet; one tag of ours at a time has it."""
    before = projection.linked_tag(connection, target, remote_id)
    if before is not None and before != tag_id:
        projection.unlink(connection, target, [before])
        _unconfirm(connection, target, before)
    projection.link(connection, target, tag_id, remote_id)
    _unconfirm(connection, target, tag_id)
    if target == "wecom":
        mark_anew(connection, [tag_id], now)


def _unconfirm(connection: Connection, target: Target, tag_id: int) -> None:
    if target == "wecom":
        projection.unconfirm(connection, [tag_id])


async def make(platform: Platform, effect: MakeTag) -> Carried:
    """Make the twin of one tag, unless something stands in the way: then whoever waits for it is told."""
    if platform.contact is None:
        return switched_off(PART["wecom"])
    remote, rules, tag_id = CorpTags(platform.contact), platform.tag_rules, effect.tag_id
    found = await platform.ledger.read(lambda c: _obstacle(c, tag_id, rules))
    if not isinstance(found, Twin):
        return Carried(Done(), _told(tag_id, found), sent=False)
    try:
        made = await _added(platform, remote, "wecom", found.group, found.name)
    except errors.PlatformError as error:
        if isinstance(error, errors.Refused) and error.errcode in NAME_TAKEN:
            return await _met_another(platform, remote, effect)
        outcome = outcome_of(error)
        blame = _told(tag_id, str(error))
        return Carried(outcome, blame if isinstance(outcome, Refused) else None, given_up=blame)
    return Carried(Done(made[0].id), lambda c, now: note_step(c, "wecom", Create(tag_id, "", ""), made, now))


Found = Twin | RemoteTag | str
"""What is to be made, what may be marked with, or why neither."""


def _obstacle(connection: Connection, tag_id: int, rules: TagRules) -> Found:
    tree = tags.load_tree(connection)
    if tag_id not in tree or tree.is_internal(tag_id):
        return "the tag is not shown to WeCom"
    placement = place(tree, rules.corp)
    twin = next((each for each in placement.twins if each.tag_id == tag_id), None)
    if twin is None:
        conflict: Conflict = next(each for each in placement.conflicts if each.tag_id == tag_id)
        return reason_of(conflict, tree).en
    theirs, links = projection.remote_tags(connection, "wecom"), projection.links(connection, "wecom")
    if (linked := next((tag for tag in theirs if tag.id == links.get(tag_id)), None)) is not None:
        return linked
    holder = next((tag for tag in theirs if (tag.group, tag.name) == (twin.group, twin.name)), None)
    if holder is None:
        full = len(theirs) >= rules.corp.tags
        return reason_of(CountExceeded(tag_id, rules.corp.tags), tree).en if full else twin
    linked_to = next((ours for ours, remote_id in links.items() if remote_id == holder.id), None)
    if linked_to is None and (holder.ours or tag_id in projection.choices(connection, "wecom").uses):
        return holder
    if holder.ours:  # not handed over: whoever carries it for the other tag would go on carrying it
        return HELD_BY_OURS if linked_to in tree else HELD_BY_ARCHIVED
    return reason_of(NameTaken(tag_id, holder.id, twin.group, twin.name), tree).en


def _told(tag_id: int, found: Found) -> Record:
    def record(connection: Connection, now: int) -> None:
        if isinstance(found, RemoteTag):
            _use(connection, tag_id, found, now)
        elif isinstance(found, str):
            projection.blame(connection, "wecom", tag_id, found)

    return record


def _use(connection: Connection, tag_id: int, tag: RemoteTag, now: int) -> None:
    """Mark with a tag that is there."""
    if projection.links(connection, "wecom").get(tag_id) == tag.id:
        mark_anew(connection, [tag_id], now)
    else:
        _link(connection, "wecom", tag_id, tag.id, now)


async def _met_another(platform: Platform, remote: RemoteTags, effect: MakeTag) -> Carried:
    """A tag that we did not know has the name."""
    try:
        listed = await remote.listed()
    except errors.PlatformError as error:
        return Carried(outcome_of(error))

    def record(connection: Connection, now: int) -> None:
        note_reading(connection, "wecom", "refused", listed, platform.tag_rules, now)
        _told(effect.tag_id, _obstacle(connection, effect.tag_id, platform.tag_rules))(connection, now)

    return Carried(Done("the name is taken"), record)


def if_given_up(effect: MakeTag | TakeTagStep | RemarkTag, reason: str) -> Record:
    """Say to whoever waits for it why it did not come about; steps that wait for marks do so until the next night."""

    def record(connection: Connection, now: int) -> None:
        match effect:
            case MakeTag(tag_id):
                projection.blame(connection, "wecom", tag_id, reason)
            case TakeTagStep(_, run_id, number):
                tag_runs.finish_step(connection, run_id, number, "refused", now, error=reason)
            case RemarkTag(tag_id):
                tag_runs.blame_held(connection, tag_id, reason)

    return record


async def mark(platform: Platform, effect: RemarkTag) -> Carried:
    """Order the marks of one page of relations; after the last page, wait for them if a step does."""
    page, is_awaited = await platform.ledger.read(
        lambda c: (marks_of(c, effect), projection.is_awaited(c, effect.tag_id))
    )
    if not page and is_awaited:
        return Carried(TryAgain("marks are under way", pause=LOOK_AGAIN, at_most=WAITS_FOREVER), sent=False)

    def record(connection: Connection, now: int) -> None:
        if page:
            outbox.add_all(connection, [Order(each) for each in page], now)
            if not outbox.waits(connection, effect.key):  # asked for anew meanwhile: it begins with the first again
                outbox.add_all(connection, [Order(replace(effect, after=page[-1].follow_id))], now)
        else:
            let_go(connection, effect.tag_id, now)

    return Carried(Done(), record, sent=False)
