"""The fake AWS: a moto server on a free port of the loopback address."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading


def serve() -> None:
    """Serve until SIGTERM; its address is the only line on stdout."""
    # moto reads this when it is imported; over a thousand of Amazon's own images a region cost seconds.
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    from moto.moto_server.threaded_moto_server import ThreadedMotoServer

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
