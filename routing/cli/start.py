"""The entry point: starts a command, and turns whatever stops it into a message with an exit code."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

import typer

from routing.cli.app import EVERYWHERE, app
from routing.cli.exits import EXIT_BAD_INPUT, EXIT_DONE, EXIT_STOPPED, exit_code
from routing.errors import RoutingError
from routing.logs import facts_of, speaking

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["main"]

_log = logging.getLogger(__name__)


def main() -> None:
    """Entry point of the `cableroute` command."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character shows its code.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    arguments = sys.argv[1:]
    quiet, as_json = not {"--quiet", "-q"}.isdisjoint(arguments), "--log-json" in arguments
    with speaking(sys.stderr, quiet=quiet, as_json=as_json), _stoppable() as signals:
        code = _ended(arguments, debug="--debug" in arguments, as_json=as_json)
    if signals:
        _leave(code)
    sys.exit(code)


def _ended(arguments: Sequence[str], *, debug: bool, as_json: bool) -> int:
    """Do what a command line says; returns its exit code."""
    everywhere = [each for each in arguments if each in EVERYWHERE]
    rest = [each for each in arguments if each not in EVERYWHERE]
    try:
        return app(args=[*everywhere, *rest], standalone_mode=False) or EXIT_DONE
    except (RoutingError, MemoryError, StoppedError, typer.Abort) as error:
        return _failed(error, debug=debug)
    except SystemExit:
        return EXIT_STOPPED  # of the parser, with 1, where a reader of stdout has gone, as `head` does
    except Exception as error:  # noqa: BLE001  (a defect has an exit code too, and its traceback is shown)
        # Usage errors of the parser know how to show themselves.
        if hasattr(error, "show"):
            return _misused(error, as_json=as_json)
        return _failed(error, debug=True)


def _failed(error: BaseException, *, debug: bool) -> int:
    """Say what stopped a command."""
    code = EXIT_STOPPED if isinstance(error, (StoppedError, typer.Abort)) else exit_code(error)
    if isinstance(error, (RoutingError, StoppedError)):
        text = str(error)
    elif code == EXIT_STOPPED:
        text = f"{type(error).__name__}: stopped; nothing was lost"
    else:
        text = f"{type(error).__name__}: {error}; this is a defect of the program: report it with its traceback"
    _log.error("%s", text, extra=facts_of(error, exit_code=code, debug=debug))
    return code


def _misused(error: Exception, *, as_json: bool) -> int:
    """Show a usage error: as the parser does, or as a JSON line."""
    if as_json:
        facts = facts_of(error, exit_code=EXIT_BAD_INPUT) | {"remedy": "see cableroute --help"}
        _log.error("%s", getattr(error, "message", str(error)), extra=facts)
    else:
        error.show()  # type: ignore[attr-defined]
    return EXIT_BAD_INPUT


def _leave(code: int) -> NoReturn:
    """End without waiting for threads that still plan: they hold nothing that is kept, and may take a minute."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # its reader may have gone
            stream.flush()
    os._exit(code)


class StoppedError(BaseException):
    """A signal asks the program to end."""


@contextmanager
def _stoppable() -> Iterator[list[int]]:
    """End in the same way when a scheduler, systemd or Ctrl-C asks for it; a signal that is ignored stays ignored.

    Yields
    ------
    signals
        Numbers of those that came.
    """
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(number: int, _: object) -> NoReturn:
        came.append(number)
        raise StoppedError(f"stopped by {signal.Signals(number).name}; nothing was lost")

    for number, kept in before.items():
        if kept is not signal.SIG_IGN:
            signal.signal(number, stop)
    try:
        yield came
    finally:
        for number, kept in before.items():
            signal.signal(number, kept)
