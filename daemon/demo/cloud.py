"""The fake AWS: a moto server on a free port of the loopback address."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from typing import Any


def serve() -> None:
    """Serve until SIGTERM; its address is the only line on stdout."""
    # moto reads this when it is imported; over a thousand of Amazon's own images a region cost seconds.
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

    _tell_of_the_root()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda _signal, _frame: done.set())
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    sys.stdout.write(f"http://{host}:{port}\n")
    sys.stdout.flush()
    done.wait()
    server.stop()


def _tell_of_the_root() -> None:
    """Let the account summary tell of the root what AWS's tells and moto's does not know: a password, and MFA."""
    from moto.iam import models

    summary: Any = models.AccountSummary
    told = summary.summary_map.fget
    root = {"AccountPasswordPresent": 1, "AccountMFAEnabled": 1}
    summary.summary_map = property(lambda account: {**told(account), **root})
