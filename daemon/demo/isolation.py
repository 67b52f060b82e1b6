"""What keeps the demo on this machine: no credential, profile or endpoint of the user's reaches it."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

from daemon.demo.account import KEY, SECRET

FOREIGN = ("AWS_", "BOTO", "CSPMD_")
"""Beginnings of the names of variables that would aim the demo at something real."""


def isolate(environ: MutableMapping[str, str]) -> None:
    """Take everything out of the environment that could aim an AWS call at a real account.

    The children inherit what is left: credentials that open nothing, no configuration files, no
    instance metadata, and no proxy on the way to the loopback address.
    """
    for name in [name for name in environ if name.upper().startswith(FOREIGN)]:
        del environ[name]
    environ.update(
        AWS_ACCESS_KEY_ID=KEY,
        AWS_SECRET_ACCESS_KEY=SECRET,
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        NO_PROXY="127.0.0.1",
        no_proxy="127.0.0.1",
    )
