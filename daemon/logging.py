"""The program's own log: structlog on stderr, console on a terminal and JSON lines elsewhere.

Libraries that log through the standard library come out the same way. Every event passes the
:class:`~daemon.redaction.Redactor` after its traceback was rendered and before it is written.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from daemon.redaction import Redactor

LogFormat = Literal["json", "console"]

_LIBRARY_FLOORS = {
    # Their debug output holds signed headers and whole bodies.
    "boto3": logging.WARNING,
    "botocore": logging.WARNING,
    # Credentials that cannot be renewed are told by the scope that wanted them; these logs tell of each attempt,
    # with a traceback whose error names the request and the access key.
    "botocore.credentials": logging.CRITICAL,
    "botocore.tokens": logging.CRITICAL,
    "urllib3": logging.ERROR,
    "elastic_transport": logging.ERROR,
    "elasticsearch": logging.ERROR,
    "s3transfer": logging.WARNING,
    # A job that fails or overlaps is told by the schedule itself, in the operator's words.
    "apscheduler": logging.ERROR,
    "apscheduler.executors": logging.CRITICAL,
    "alembic": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "uvicorn.access": logging.WARNING,
    "uvicorn": logging.WARNING,
    "asyncio": logging.WARNING,
}


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to whatever stderr is at that moment: a progress bar may have put itself in front of it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override] # a property where the base class has an attribute
        return sys.stderr


class LogSetup:
    """The running log configuration: its redactor, and the level that a reload may change."""

    def __init__(self, redactor: Redactor) -> None:
        self.redactor = redactor

    def level(self, level: str) -> None:
        """Log from this level up (``debug``, ``info``, ``warning``, ``error``)."""
        number = logging.getLevelNamesMapping()[level.upper()]
        logging.getLogger().setLevel(number)
        for library, floor in _LIBRARY_FLOORS.items():
            logging.getLogger(library).setLevel(max(number, floor))


def set_up(level: str = "info", log_format: LogFormat | None = None, *, secrets: Iterable[str] = ()) -> LogSetup:
    """Set up logging for the whole process and return its handle.

    Without ``log_format`` it is ``console`` on a terminal and ``json`` elsewhere. ``secrets`` are
    values that must never be written.
    """
    redactor = Redactor(secrets)
    if log_format is None:
        log_format = "console" if sys.stderr.isatty() else "json"

    def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return redactor.named(event)

    common: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        redact,
        _renderer(log_format),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *common,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = _Stderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *common],
            processors=rendering,
        ),
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    logging.captureWarnings(capture=True)
    setup = LogSetup(redactor)
    setup.level(level)
    return setup


def _renderer(log_format: LogFormat) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(sort_keys=True, default=str)
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        exception_formatter=structlog.dev.plain_traceback,
    )
