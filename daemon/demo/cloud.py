"""The fake AWS: a moto server on a free port of the loopback address."""

from __future__ import annotations

import json
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
    _take_requests_for_secure()
    _write_no_access_log()
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


def _take_requests_for_secure() -> None:
    """Leave TLS-only statements out where moto enforces bucket policies on objects.

    moto refuses whoever a condition does not apply to, and this server speaks plain HTTP to the loopback
    address: nobody could read or write an object of a bucket that asks for TLS.
    """
    from moto.iam.access_control import IAMPolicy, PermissionResult
    from moto.s3.models import FakeBucket

    def get_permission(bucket: FakeBucket, action: str, resource: str) -> PermissionResult:
        document = json.loads(bucket.policy or '{"Statement": []}')
        kept = [
            one
            for one in document["Statement"]
            if "aws:SecureTransport" not in one.get("Condition", {}).get("Bool", {})
        ]
        return IAMPolicy(json.dumps({**document, "Statement": kept})).is_action_permitted(action, resource)

    bucket: Any = FakeBucket
    bucket.get_permission = get_permission


def _write_no_access_log() -> None:
    """Keep moto from writing access logs: its lines have another form than AWS's, one for each of cspmd's own calls."""
    from moto.s3.models import S3Backend

    backend: Any = S3Backend
    backend.log_incoming_request = lambda *_: None
