"""What a command says on stderr: lines for people, or one JSON object a line for programs."""

from __future__ import annotations

import json
import logging
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from routing.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

__all__ = ["FACTS", "JsonLines", "PlainLines", "facts_of", "is_for_people", "speaking"]

#: What a JSON line may hold beside `level` and `message`, in this order; absent where it does not apply.
FACTS = ("stage", "seconds", "changes", "error", "file", "key", "remedy", "option", "exit_code", "traceback")
#: Libraries that log what is no news to a user.
_CHATTY = ("rasterio", "fiona", "pyogrio", "numba", "ezdxf")


class PlainLines(logging.Formatter):
    """Lines for people, which cannot drive a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """One record, its traceback below it where one was asked for."""
        text = f"cableroute: {plain(record.getMessage())}"
        trace = getattr(record, "traceback", None)
        return f"{plain(trace)}{text}" if trace else text


class JsonLines(logging.Formatter):
    r"""One JSON object a line, in ASCII: no terminal, encoding or line end of a message can spoil it.

    There is no time in it: what starts programs by itself (systemd, container runtimes) stamps each line, and without
    a time two runs can be compared line by line but for their seconds.

    Examples
    --------
    >>> record = logging.makeLogRecord({"levelname": "INFO", "msg": "Şimal\n", "stage": "load", "seconds": 0.5})
    >>> JsonLines().format(record)
    '{"level": "info", "message": "\\u015eimal", "stage": "load", "seconds": 0.5}'
    """

    def format(self, record: logging.LogRecord) -> str:
        """One record as one line."""
        told: dict[str, Any] = {"level": record.levelname.lower(), "message": record.getMessage().strip()}
        told |= {name: value for name in FACTS if (value := getattr(record, name, None)) is not None}
        return json.dumps(told, default=str)


def facts_of(error: BaseException, *, exit_code: int, debug: bool = False) -> dict[str, Any]:
    """What a JSON line tells of an error beside its message.

    Examples
    --------
    >>> from routing.errors import InputError
    >>> told = facts_of(InputError("no such file", remedy="check the path", file="p.toml"), exit_code=2)
    >>> told["error"], told["file"], told["key"], told["exit_code"]
    ('InputError', 'p.toml', None, 2)
    """
    stated = {name: getattr(error, name, None) for name in ("remedy", "file", "key")}
    trace = "".join(traceback.format_exception(error)) if debug else None
    return {"error": type(error).__name__, **stated, "exit_code": exit_code, "traceback": trace}


def is_for_people() -> bool:
    """Whether nobody asked for JSON lines."""
    return not any(isinstance(each.formatter, JsonLines) for each in logging.getLogger().handlers)


@contextmanager
def speaking(stream: TextIO, *, quiet: bool, as_json: bool) -> Iterator[None]:
    """Send what is logged to a stream while a command works, and leave logging as it was.

    Parameters
    ----------
    stream
        Where lines go.
    quiet
        Leave out what is no warning or error.
    as_json
        Write JSON lines; warnings of Python become such lines too.
    """
    root, handler = logging.getLogger(), logging.StreamHandler(stream)
    handler.setFormatter(JsonLines() if as_json else PlainLines())
    before = {name: logging.getLogger(name).level for name in _CHATTY}
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.WARNING if quiet else logging.INFO)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)
    if as_json:
        logging.captureWarnings(capture=True)
    try:
        yield
    finally:
        if as_json:
            logging.captureWarnings(capture=False)
        for name, kept in before.items():
            logging.getLogger(name).setLevel(kept)
        root.setLevel(level)
        root.removeHandler(handler)
