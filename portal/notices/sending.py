"""One delivery, by a worker: claim, mark, send, write down what came of it."""

from __future__ import annotations

import logging
import random

from portal.models import Delivery
from portal.notices import email, outbox, webhooks
from portal.notices.outcomes import NotSentError, RejectedError, UnsureError

logger = logging.getLogger(__name__)
FIRST_WAIT, LONGEST_WAIT = 15.0, 1800.0


def send(delivery_id: str) -> None:
    """Send the delivery unless it is not due, is over, or is in another worker's hands."""
    delivery = outbox.claim(delivery_id)
    if delivery is None or not outbox.begin(delivery):
        return
    try:
        _by_its_way(delivery)
    except NotSentError as error:
        outbox.postpone(delivery, str(error), _wait(delivery, error))
    except RejectedError as error:
        outbox.settle(delivery, outbox.State.FAILED, str(error))
    except UnsureError as error:
        outbox.settle(delivery, outbox.State.UNKNOWN, f"{error} It may have arrived.")
    except Exception as error:
        # The name alone: what an unforeseen error says may quote the webhook's address.
        logger.error("notice %s met an error that nobody foresaw: %s", delivery.pk, type(error).__name__)
        outbox.settle(delivery, outbox.State.UNKNOWN, outbox.INTERRUPTED)
    else:
        outbox.settle(delivery, outbox.State.SENT)


def _by_its_way(delivery: Delivery) -> None:
    if delivery.way == Delivery.Way.EMAIL:
        email.send(delivery)
    else:
        webhooks.send(delivery)


def _wait(delivery: Delivery, error: NotSentError) -> float:
    """Return the seconds to wait: exponential, with jitter, and at least as long as the receiver asks."""
    ceiling = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(delivery.attempts - 1, 10))
    return max(random.uniform(ceiling / 2, ceiling), error.seconds or 0.0)  # noqa: S311 (spreads load)
