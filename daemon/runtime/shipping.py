"""The shipper on a thread of its own, and replacing it when the sinks are configured anew."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from daemon.shipping.backoff import Pace
from daemon.shipping.line import Deliveries
from daemon.shipping.shipper import Shipper
from daemon.shipping.sinks.base import Sink
from daemon.state import State

_PACE = Pace()
_MARGIN = 2.0


class ShippingThread:
    """Ships until it is asked to stop, then closes its sinks.

    Two may run for a while, as when sinks are exchanged: a document is claimed by one of them only.
    """

    def __init__(self, state: State, sinks: Sequence[Sink], metrics: Deliveries) -> None:
        self._stop = threading.Event()
        self._shipper = Shipper(state.outbox, sinks, metrics=metrics, pace=_PACE)
        self._thread = threading.Thread(target=self._run, name="shipper", daemon=True)

    def start(self) -> None:
        """Begin to ship."""
        self._thread.start()

    def wake(self) -> None:
        """Look into the outbox now: something was queued."""
        self._shipper.wake()

    def ask_to_stop(self) -> None:
        """Take nothing more from the outbox."""
        self._stop.set()

    def stop(self) -> bool:
        """Stop shipping; False where a sending under way did not end in time. What it held is still queued."""
        self.ask_to_stop()
        self._thread.join(_PACE.grace + _MARGIN)
        return not self._thread.is_alive()

    def _run(self) -> None:
        self._shipper.run(self._stop)
        self._shipper.close()
