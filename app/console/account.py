"""The user's own account: password, sessions, signing out."""

from __future__ import annotations

from app.console.sign_in_tries import take_try_of
from app.console.visit import Page, Redirect, Visit
from app.domain.errors import NotFound
from app.domain.org.user import PASSWORD_CHARS_MIN, password_problem
from app.http.passwords import hash_password, is_password
from app.storage.database import transaction
from app.storage.org import sessions, user_service, users

PATH = "/console/account"


def show(visit: Visit) -> Page:
    """Show the signed-in user's account."""
    return _page(visit)


def change_password(visit: Visit) -> Page | Redirect:
    """Set another password; the user's other sessions end, and links that were not used."""
    new, current = visit.form.get("new", ""), visit.form.get("current", "")
    problem = password_problem(new, visit.user.email)
    if problem:
        return _page(visit, f"The new password {problem}.")
    if visit.user.has_password:
        take_try_of(visit.services, visit.user)
        if not _is_current(visit, current):
            return _page(visit, "The current password is wrong.")
    hashed = hash_password(new)
    with transaction(visit.services.database) as cursor:
        ended = user_service.change_password(cursor, visit.user, hashed, visit.session_id)
    others = f" {ended} other sessions have ended." if ended else ""
    return Redirect(PATH, f"Your password was changed.{others}")


def end_session(visit: Visit) -> Redirect:
    """End one of the user's sessions."""
    session_id = visit.id_in_path("ses", "Session")
    with transaction(visit.services.database) as cursor:
        if not sessions.revoke(cursor, visit.user.id, session_id):
            raise NotFound("Session not found")
        visit.note(cursor, "session.revoked", session_id)
    return Redirect(PATH, "The session has ended.")


def sign_out(visit: Visit) -> Redirect:
    """End this session."""
    with transaction(visit.services.database) as cursor:
        sessions.revoke(cursor, visit.user.id, visit.session_id)
        visit.note(cursor, "session.ended", visit.session_id)
    return Redirect("/console/sign-in", "You are signed out.")


def _is_current(visit: Visit, typed: str) -> bool:
    with transaction(visit.services.database) as cursor:
        found = users.credentials(cursor, visit.org.id, visit.user.email)
    return is_password(typed[:200], found.password_hash if found else None)


def _page(visit: Visit, problem: str = "") -> Page:
    with transaction(visit.services.database) as cursor:
        mine = sessions.list_of(cursor, visit.user.id)
    values = {
        "sessions": mine,
        "current": visit.session_id,
        "problem": problem,
        "least": PASSWORD_CHARS_MIN,
    }
    return Page("account/show.html", values, 422 if problem else 200)
