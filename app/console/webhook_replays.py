"""Replays of a webhook: counted first, then watched, and cancelled."""

from __future__ import annotations

from datetime import timedelta

from app.console.rendering import link
from app.console.visit import Redirect, Visit
from app.domain.errors import Conflict, NotFound
from app.domain.ids import is_id
from app.domain.times import now

_RANGES = {"1h": "the last hour", "24h": "the last day", "7d": "the last 7 days", "all": "all kept"}
_HOURS = {"1h": 1, "24h": 24, "7d": 24 * 7}


def shown(visit: Visit, webhook_id: str) -> dict[str, object]:
    """What the page shows about replays: ranges, the count of a chosen one, or a running one."""
    return {
        "ranges": _RANGES,
        "counted": _counted(visit, webhook_id),
        "running": _running(visit, webhook_id),
    }


def start(visit: Visit) -> Redirect:
    """Send past events again: exactly what was counted before."""
    webhook_id = visit.path["id"]
    wanted: dict[str, object] = {"only_failed": bool(visit.form.get("only_failed"))}
    wanted |= {name: visit.form[name] for name in ("since", "until") if visit.form.get(name)}
    made = visit.operations.create_replay(visit.caller, webhook_id, body=wanted)["data"]
    return Redirect(f"{link(f'/console/webhooks/{webhook_id}', running=made['id'])}#replay")


def cancel(visit: Visit) -> Redirect:
    """Stop a replay; deliveries that it has created are still sent."""
    replay_id = visit.path["id"]
    try:
        replay = visit.operations.cancel_replay(visit.caller, replay_id)["data"]
    except Conflict:
        replay = visit.operations.get_replay(visit.caller, replay_id)["data"]
    page = f"/console/webhooks/{replay['webhook_id']}"
    return Redirect(f"{link(page, running=replay_id)}#replay")


def _counted(visit: Visit, webhook_id: str) -> dict[str, object] | None:
    """How many events a replay of the chosen range would send; None: none was chosen."""
    chosen = visit.query.get("replay")
    if chosen not in _RANGES:
        return None
    until = now()
    times = {"until": until.isoformat(timespec="milliseconds")}
    if hours := _HOURS.get(chosen):
        times["since"] = (until - timedelta(hours=hours)).isoformat(timespec="milliseconds")
    only_failed = bool(visit.query.get("only_failed"))
    body: dict[str, object] = {"only_failed": only_failed, "dry_run": True, **times}
    total = visit.operations.create_replay(visit.caller, webhook_id, body=body)["data"]["total"]
    return {"total": total, "only_failed": only_failed, **times}


def _running(visit: Visit, webhook_id: str) -> dict[str, object] | None:
    """The replay that the URL names, with its progress."""
    replay_id = visit.query.get("running", "")
    if not is_id(replay_id, "rpl"):
        return None
    try:
        replay: dict[str, object] = visit.operations.get_replay(visit.caller, replay_id)["data"]
    except NotFound:
        return None
    return replay if replay["webhook_id"] == webhook_id else None
