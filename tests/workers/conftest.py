"""An org with one webhook, for tests of what becomes of its deliveries."""

from __future__ import annotations

import pytest

from app.domain.org.org import Org
from app.domain.webhook.webhook import Webhook
from app.storage.database import Database
from tests.factories import make_org, make_webhook


@pytest.fixture
def org(database: Database) -> Org:
    return make_org(database)


@pytest.fixture
def webhook(database: Database, org: Org) -> Webhook:
    return make_webhook(database, org)
