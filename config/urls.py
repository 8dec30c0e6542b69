"""Where an org is reached: its forms and API by anybody, its console by its users."""

from __future__ import annotations

from config.settings import Settings

_LOCAL = "localhost"


def public_url(settings: Settings, slug: str) -> str:
    """Of an org's forms and API: behind a proxy with TLS, or on this machine."""
    return _https(settings, slug) or _http(settings, slug, settings.port)


def console_url(settings: Settings, slug: str) -> str:
    """Of an org's console, without `/console`.

    On a port of its own, the default org's is reached on this machine or through a tunnel to it.
    Of another org, a proxy has to say its host name.
    """
    if settings.console_port and slug == settings.default_org:
        return _http(settings, slug, settings.console_port)
    return _https(settings, slug) or _http(settings, slug, settings.console_port or settings.port)


def _https(settings: Settings, slug: str) -> str:
    return "" if settings.base_domain == _LOCAL else f"https://{slug}.{settings.base_domain}"


def _http(settings: Settings, slug: str, port: int) -> str:
    host = _LOCAL if slug == settings.default_org else f"{slug}.{_LOCAL}"
    return f"http://{host}:{port}"
