"""Every route of the console on one line, with the role that it needs."""

from __future__ import annotations

from starlette.routing import BaseRoute

from app.console import (
    account,
    contacts,
    deliveries,
    home,
    leads,
    quarantine,
    signin,
    static_files,
    trace,
    users,
    webhooks,
)
from app.console.serve import ConsoleRoute, action, changes, page
from app.domain.user import Role

_SIGN_IN, _LINK = signin.SIGN_IN_PATHS

ROUTES: list[BaseRoute] = [
    ConsoleRoute("/", home.root, None, ["GET"]),
    ConsoleRoute("/console", home.root, None, ["GET"]),
    ConsoleRoute(static_files.PREFIX + "{path:path}", static_files.serve_file, None, ["GET"]),
    ConsoleRoute(_SIGN_IN, signin.form, None, ["GET"]),
    ConsoleRoute(_SIGN_IN, signin.password, None, ["POST"]),
    ConsoleRoute(_LINK, signin.link, None, ["GET"]),
    ConsoleRoute(_LINK, signin.use_link, None, ["POST"]),
    page("/console/", home.show),
    changes("/console/changes", lambda visit: visit.org.id),
    changes("/console/changes/{id}", lambda visit: visit.id_in_path("evt", "Event")),
    page("/console/leads", leads.show),
    page("/console/leads/export", leads.export, Role.OPERATOR),
    page("/console/leads/{id}", trace.show),
    action("/console/leads/{id}/release", leads.release),
    action("/console/leads/{id}/spam", leads.mark_as_spam),
    action("/console/leads/{id}/retry", trace.retry_failed),
    page("/console/webhooks", webhooks.show_list),
    action("/console/webhooks", webhooks.create, Role.ADMIN),
    page("/console/webhooks/{id}", webhooks.show),
    action("/console/webhooks/{id}/status", webhooks.set_status, Role.ADMIN),
    action("/console/webhooks/{id}/ping", webhooks.ping, Role.ADMIN),
    action("/console/webhooks/{id}/rotate", webhooks.rotate, Role.ADMIN),
    action("/console/webhooks/{id}/replay", webhooks.replay, Role.ADMIN),
    action("/console/webhooks/{id}/delete", webhooks.delete, Role.ADMIN),
    page("/console/deliveries", deliveries.show_list),
    action("/console/deliveries/retry", deliveries.retry_shown),
    page("/console/deliveries/{id}", deliveries.show),
    action("/console/deliveries/{id}/retry", trace.retry),
    page("/console/contacts", contacts.show_list),
    page("/console/contacts/{id}", contacts.show),
    action("/console/contacts/{id}/edit", contacts.edit),
    action("/console/contacts/{id}/export", contacts.export),
    action("/console/contacts/{id}/delete", contacts.delete),
    action("/console/contacts/{id}/erase", contacts.erase, Role.ADMIN),
    page("/console/quarantine", quarantine.show),
    action("/console/quarantine/release", quarantine.release),
    page("/console/account", account.show),
    action("/console/account/password", account.change_password, Role.VIEWER),
    action("/console/account/sessions/{id}/end", account.end_session, Role.VIEWER),
    action("/console/sign-out", account.sign_out, Role.VIEWER),
    page("/console/users", users.show, Role.ADMIN),
    action("/console/users", users.create, Role.ADMIN),
    action("/console/users/{id}/link", users.make_link, Role.ADMIN),
    action("/console/users/{id}/role", users.set_role, Role.ADMIN),
    action("/console/users/{id}/disable", users.disable, Role.ADMIN),
    action("/console/users/{id}/enable", users.enable, Role.ADMIN),
    # Last: whatever else is under here is no page.
    page("/console/{path:path}", home.nothing),
]
