"""All signals, with the points of each; docs/spam.md has the same table.

A strong one decides alone. Weak ones also occur in real leads and only count together.
"""

from __future__ import annotations

from app.domain.spam_score import history_signals as history
from app.domain.spam_score import request_signals as request
from app.domain.spam_score import sender_signals as sender
from app.domain.spam_score import text_signals as text
from app.domain.spam_score.signal import Group, Signal

#: From so many points on, a capture counts as spam.
SPAM_POINTS = 5.0

GROUPS = (
    Group(
        request.was_timed,
        (
            Signal("honeypot", 10.0, request.honeypot),
            Signal("instant", 2.0, request.instant),
            Signal("hasty", 1.5, request.hasty),
        ),
    ),
    Group(
        request.is_odd,
        (
            Signal("no_user_agent", 1.5, request.no_user_agent),
            Signal("tool", 1.0, request.tool),
            Signal("false_browser", 1.5, request.false_browser),
        ),
    ),
    Group(
        sender.is_domain_known,
        (
            Signal("disposable_domain", 3.0, sender.disposable_domain),
            Signal("dotted_address", 2.0, sender.dotted_address),
        ),
    ),
    Group(None, (Signal("gibberish_address", 2.0, sender.gibberish_address),)),
    Group(
        sender.has_odd_name,
        (
            Signal("gibberish_name", 4.0, sender.gibberish_name),
            Signal("link_in_name", 5.0, sender.link_in_name),
            Signal("odd_name", 2.0, sender.odd_name),
        ),
    ),
    Group(
        None,
        (
            Signal("mixed_alphabets", 4.0, sender.mixed_alphabets),
            Signal("same_in_all_fields", 5.0, sender.same_in_all_fields),
            Signal("phone_without_digits", 1.5, sender.phone_without_digits),
            Signal("code", 5.0, text.code),
        ),
    ),
    Group(
        text.is_there,
        (Signal("markup", 4.0, text.markup),),
    ),
    Group(
        text.link,
        (
            Signal("link", 1.5, text.link),
            Signal("many_links", 2.0, text.many_links),
            Signal("risky_link", 2.5, text.risky_link),
        ),
    ),
    Group(
        text.offer,
        (
            Signal("offer", 1.5, text.offer),
            Signal("several_offers", 2.0, text.several_offers),
            Signal("many_offers", 1.5, text.many_offers),
        ),
    ),
    Group(
        text.is_there,
        (
            Signal("gibberish_text", 4.0, text.gibberish_text),
            Signal("shouting", 1.0, text.shouting),
        ),
    ),
    Group(
        history.is_there,
        (
            Signal("same_text", 2.5, history.same_text),
            Signal("busy_address", 1.5, history.busy_address),
            Signal("busy_network", 0.5, history.busy_network),
            Signal("spam_from_address", 2.5, history.spam_from_address),
            Signal("spam_from_network", 1.0, history.spam_from_network),
        ),
    ),
)
