"""Other people's libraries verify our signatures, as docs/receiving.md says how."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
import stripe
from standardwebhooks import Webhook, WebhookVerificationError

from app.domain.delivery.signature import generate_secret, sign, sign_standard
from app.domain.webhook.event import EVENT_TYPES

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "receiving.md").read_text()
BODY = b'{"id":"evt_1","event":"ping","type":"ping","data":{}}'
OWN_SECRETS = ("a-secret-of-our-own-choice", "whsec_and-no-base64-after-it", "sixteen-and-more")

either = pytest.mark.parametrize(
    "secret", [generate_secret(), *OWN_SECRETS], ids=["generated", *OWN_SECRETS]
)


@either
def test_the_standard_webhooks_library_verifies(secret: str) -> None:
    now = int(time.time())
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(now),
        "webhook-signature": sign_standard(secret, "evt_1", now, BODY),
    }
    webhook = Webhook(secret.encode() if secret in OWN_SECRETS else secret)
    assert webhook.verify(BODY, headers) == json.loads(BODY)
    with pytest.raises(WebhookVerificationError):
        webhook.verify(BODY.replace(b"evt_1", b"evt_2"), headers)


@either
def test_stripes_library_verifies(secret: str) -> None:
    header = sign(secret, int(time.time()), BODY)
    assert stripe.WebhookSignature.verify_header(BODY.decode(), header, secret, 300)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(BODY.decode(), header, secret + "x", 300)
    late = sign(secret, int(time.time()) - 400, BODY)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(BODY.decode(), late, secret, 300)


@pytest.mark.parametrize(
    "text", ["Webhook(secret.encode())", '{ format: "raw" }', "verify_header("]
)
def test_the_page_says_how(text: str) -> None:
    assert text in PAGE


def test_the_page_names_every_type_of_event() -> None:
    assert set(re.findall(r"`([a-z]+\.[a-z_]+|ping)`", PAGE)) >= set(EVENT_TYPES)
