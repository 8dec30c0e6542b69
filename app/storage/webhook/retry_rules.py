"""What the settings say about retries, for those who check a webhook and those who deliver."""

from __future__ import annotations

from app.domain.delivery.backoff import RetryPolicy
from app.domain.delivery.retry_policy import RetryLimits, RetryRules
from config.settings import Settings


def retry_rules(settings: Settings) -> RetryRules:
    """The operator's policy, and the limits of webhooks' own: never tighter than that policy."""
    policy = RetryPolicy(
        settings.retry_base_seconds,
        settings.retry_cap_seconds,
        settings.retry_max_attempts,
        settings.retry_max_age_seconds,
    )
    limits = RetryLimits(
        max(settings.retry_max_attempts_limit, policy.max_attempts),
        max(settings.retry_max_age_seconds_limit, policy.max_age_seconds),
        settings.delivery_total_seconds_limit,
    )
    return RetryRules(policy, settings.delivery_total_seconds, limits)
