"""Users, for admins: who may sign in, and with which role."""

from __future__ import annotations

from app.console.visit import Page, Redirect, Visit
from app.domain.errors import Invalid, NotFound
from app.domain.org.user import Role, User
from app.storage.database import Cursor, transaction
from app.storage.org import user_service, users

PATH = "/console/users"
#: Users that the page shows.
_SHOWN_MAX = 500


def show(visit: Visit) -> Page:
    """The org's users."""
    return _page(visit)


def create(visit: Visit) -> Page:
    """Create a user and show the sign-in link this once."""
    with transaction(visit.services.database) as cursor:
        email, role = visit.form.get("email", ""), _role_in(visit)
        try:
            user = user_service.create(cursor, visit.org.id, email, role, visit.user.id)
        except Invalid as error:
            return _page(visit, problem=f"The address {error.fields['email']}.", typed=email)
        link = _link(visit, cursor, user)
    return _page(visit, link=link, whose=user.email)


def make_link(visit: Visit) -> Page:
    """Create another sign-in link and show it this once."""
    with transaction(visit.services.database) as cursor:
        user = _user_in_path(visit, cursor)
        link = _link(visit, cursor, user)
    return _page(visit, link=link, whose=user.email)


def set_role(visit: Visit) -> Redirect:
    """Give a user another role."""
    with transaction(visit.services.database) as cursor:
        user, role = _user_in_path(visit, cursor), _role_in(visit)
        user_service.set_role(cursor, user, role, visit.user.id)
    return Redirect(PATH, f"{user.email} is {role} now.")


def disable(visit: Visit) -> Redirect:
    """Disable a user."""
    with transaction(visit.services.database) as cursor:
        user = _user_in_path(visit, cursor)
        user_service.disable(cursor, user, visit.user.id)
    return Redirect(PATH, f"{user.email} is signed out everywhere and may not sign in again.")


def enable(visit: Visit) -> Redirect:
    """Enable a disabled user."""
    with transaction(visit.services.database) as cursor:
        user = _user_in_path(visit, cursor)
        user_service.enable(cursor, user, visit.user.id)
    return Redirect(PATH, f"{user.email} may sign in again.")


def delete(visit: Visit) -> Redirect:
    """Delete a user."""
    with transaction(visit.services.database) as cursor:
        user = _user_in_path(visit, cursor)
        user_service.delete(cursor, user, visit.user.id)
    return Redirect(PATH, f"{user.email} was deleted.")


def _user_in_path(visit: Visit, cursor: Cursor) -> User:
    found = users.find(cursor, visit.org.id, visit.id_in_path("usr", "User"))
    if found is None:
        raise NotFound("User not found")
    return found


def _role_in(visit: Visit) -> Role:
    try:
        return Role(visit.form.get("role", ""))
    except ValueError:
        raise Invalid({"role": f"must be one of {', '.join(Role)}"}) from None


def _link(visit: Visit, cursor: Cursor, user: User) -> str:
    token = user_service.make_link(cursor, user, visit.user.id)
    return f"{visit.origin}/console/sign-in/{token.text}"


def _page(
    visit: Visit, problem: str = "", typed: str = "", link: str = "", whose: str = ""
) -> Page:
    with transaction(visit.services.database) as cursor:
        found = users.list_of(cursor, visit.org.id, _SHOWN_MAX)
    values = {
        "users": found,
        "roles": list(Role),
        "problem": problem,
        "typed": typed,
        "link": link,
        "whose": whose,
    }
    return Page("users/list.html", values, 422 if problem else 200)
