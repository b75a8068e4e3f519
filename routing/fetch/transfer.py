"""One file over the network: no more than was allowed, from no other host, taken up where it broke off."""

from __future__ import annotations

import ipaddress
import json
import logging
import time
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib import request
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from routing import __version__
from routing.errors import TransferError
from routing.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.client import HTTPMessage
    from pathlib import Path

    Progress = Callable[[int, int | None], None]

__all__ = ["Terms", "judge_address", "transfer"]

_log = logging.getLogger(__name__)
_CHUNK = 1 << 16
_MOST_REDIRECTS = 5
#: Answers that may be another one later (RFC 9110, 15.5.9 and 15.6; RFC 6585, 4).
_PASSING = (408, 425, 429, 500, 502, 503, 504)
#: Longest pause that a server is granted, s.
_LONGEST_PAUSE_S = 60.0
#: A connection that gives less over one timeout has stalled, however regularly it drips, bytes/s (default).
_LEAST_BYTES_PER_S = 100


@dataclass(frozen=True)
class Terms:
    """What a transfer may do.

    Parameters
    ----------
    hosts
        The only hosts it may talk to.
    limit_bytes
        The largest file that is taken.
    timeout_s
        Longest silence, and the time over which a connection must show its least rate.
    retries
        How often it is tried again.
    pause_s
        Pause before the first retry; it doubles each time.
    loopback
        Whether plain http to this machine itself is allowed, as the tests need.
    """

    hosts: tuple[str, ...]
    limit_bytes: int = 2_000_000_000
    timeout_s: float = 60.0
    retries: int = 4
    pause_s: float = 2.0
    loopback: bool = False


class _PassingError(Exception):
    """Something that may go well when tried again."""

    def __init__(self, reason: str, pause_s: float = 0.0) -> None:
        super().__init__(reason)
        self.pause_s = pause_s


def transfer(url: str, part: Path, *, terms: Terms, progress: Progress | None = None) -> dict[str, Any]:
    """Fetch one file into `part`, resuming what an earlier try left there.

    A part is taken up only when the server says that it is still the same file
    (``If-Range`` with a strong entity tag); otherwise it begins anew.

    Parameters
    ----------
    url
        Its address.
    part
        Where it goes; a file beside it remembers address and entity tag until it is whole.
    terms
        What is allowed.
    progress
        Called with bytes so far, and in all when the server says so.

    Returns
    -------
    facts
        ``url`` after redirects, ``etag`` and ``bytes``.

    Raises
    ------
    TransferError
        When the server refuses, misleads or stays silent. What came is kept for the next try.
    """
    judge_address(url, terms)
    for attempt in range(terms.retries + 1):
        try:
            return _attempt(url, part, terms, progress)
        except _PassingError as error:
            if attempt == terms.retries:
                raise TransferError(
                    f"{_host(url)}: {error}, {attempt + 1} times; try again later: what came is kept"
                ) from error
            pause_s = min(max(terms.pause_s * 2**attempt, error.pause_s), _LONGEST_PAUSE_S)
            _log.info("%s: %s; again in %.0f s", _host(url), error, pause_s)
            time.sleep(pause_s)
    raise TransferError(f"{_host(url)}: no try was allowed; set retries to 0 or more")


def judge_address(url: str, terms: Terms) -> None:
    """Refuse an address that is not https to an allowed host.

    Raises
    ------
    TransferError
        With the address.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_secure = parts.scheme == "https" or (parts.scheme == "http" and terms.loopback and _is_loopback(host))
    if not is_secure:
        raise TransferError(f"{plain(url)}: only https is fetched; give an address that begins with https://")
    if host not in terms.hosts or parts.username is not None:
        raise TransferError(f"{plain(url)}: {host} is not one of {', '.join(terms.hosts)}; give its address with --url")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host(url: str) -> str:
    return plain(urlsplit(url).hostname or url)


class _Redirects(request.HTTPRedirectHandler):
    """Follows redirects to allowed addresses only."""

    max_redirections = _MOST_REDIRECTS

    def __init__(self, terms: Terms) -> None:
        self._terms = terms

    def redirect_request(  # noqa: PLR0913, PLR0917  (its parameters are urllib's)
        self,
        req: request.Request,
        fp: Any,  # noqa: ANN401
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> request.Request | None:
        try:
            judge_address(newurl, self._terms)
        except TransferError:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(terms: Terms) -> request.OpenerDirector:
    """An opener of http and https alone: urllib's own one also reads local files and ftp."""
    opener = request.OpenerDirector()
    handlers = [request.HTTPSHandler(), request.HTTPDefaultErrorHandler(), request.HTTPErrorProcessor()]
    handlers += [_Redirects(terms), request.HTTPHandler() if terms.loopback else request.ProxyHandler()]
    for handler in handlers:
        opener.add_handler(handler)
    return opener


def _attempt(url: str, part: Path, terms: Terms, progress: Progress | None) -> dict[str, Any]:
    have, etag = _kept(url, part)
    headers = {"User-Agent": f"cableroute/{__version__}", "Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": etag}
    asked = request.Request(url, headers=headers)  # noqa: S310  (judged: https, or this machine)
    try:
        with _opener(terms).open(asked, timeout=terms.timeout_s) as answer:
            return _take(answer, url, part, terms, progress)
    except HTTPError as error:
        error.close()
        raise _refused(error, part) from error
    except (URLError, OSError, HTTPException) as error:
        if isinstance(error, TransferError):
            raise
        reason = getattr(error, "reason", error)
        raise _PassingError(f"the connection broke ({plain(str(reason)) or type(reason).__name__})") from error


def _refused(error: HTTPError, part: Path) -> Exception:
    status, host = error.code, _host(error.url or "")
    if status == 416:  # the part is longer than the file is now
        part.unlink(missing_ok=True)
        return _PassingError("the file has changed")
    if status in _PASSING:
        wait = error.headers.get("Retry-After", "")
        return _PassingError(f"answered {status}", float(wait) if wait.isdecimal() else 0.0)
    return TransferError(
        f"{host}: answered {status} ({plain(str(error.reason))}); the box may be too large or the address may have "
        "moved: give another with --url"
    )


def _take(answer: Any, url: str, part: Path, terms: Terms, progress: Progress | None) -> dict[str, Any]:  # noqa: ANN401
    """Read an answer into the part, as much as it declares and no more than is allowed."""
    have, etag = _kept(url, part)
    resumes = answer.status == 206
    if resumes and not (have and _fits(answer.headers, have, etag)):
        part.unlink(missing_ok=True)
        raise _PassingError("the part that was sent does not fit")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise TransferError(f"{_host(url)}: sent a packed answer that was not asked for; try again later")
    start = have if resumes else 0
    declared = answer.headers.get("Content-Length", "")
    total = start + int(declared) if declared.isdecimal() else None
    if total is not None and total > terms.limit_bytes:
        raise _too_large(url, total, terms)
    fresh = answer.headers.get("ETag", "")
    _remember(url, part, fresh)
    with part.open("ab" if resumes else "wb") as file:
        done = _pour(
            answer, file, url, terms, lambda count: progress(start + count, total) if progress else None, start
        )
    if total is not None and done < total:
        raise _PassingError(f"sent {done} of {total} bytes")
    _memory(part).unlink(missing_ok=True)
    return {"url": answer.url, "etag": plain(fresh), "bytes": done}


def _pour(  # noqa: PLR0913, PLR0917
    answer: Any,  # noqa: ANN401
    file: Any,  # noqa: ANN401
    url: str,
    terms: Terms,
    told: Callable[[int], None],
    start: int,
) -> int:
    """Bytes in the file once the answer has ended."""
    count, began, seen = 0, time.monotonic(), 0
    while chunk := answer.read1(_CHUNK):
        count += len(chunk)
        if start + count > terms.limit_bytes:
            raise _too_large(url, start + count, terms)
        file.write(chunk)
        told(count)
        waited = time.monotonic() - began
        if waited > terms.timeout_s:
            if count - seen < _LEAST_BYTES_PER_S * waited:
                raise _PassingError("the connection has stalled")
            began, seen = time.monotonic(), count
    return start + count


def _too_large(url: str, size: int, terms: Terms) -> TransferError:
    return TransferError(
        f"{_host(url)}: sends {size} bytes or more, above the {terms.limit_bytes} allowed; ask for a smaller box"
    )


def _fits(headers: HTTPMessage, have: int, etag: str) -> bool:
    """Whether a partial answer goes on exactly where the part ends, and is of the same file."""
    return headers.get("Content-Range", "").startswith(f"bytes {have}-") and headers.get("ETag", "") == etag


def _memory(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _remember(url: str, part: Path, etag: str) -> None:
    _memory(part).write_text(json.dumps({"url": url, "etag": etag}), encoding="utf-8")


def _kept(url: str, part: Path) -> tuple[int, str]:
    """Bytes that can be built on and the entity tag they had; none without a strong tag or of another address."""
    try:
        known = json.loads(_memory(part).read_text(encoding="utf-8"))
        etag, size = str(known["etag"]), part.stat().st_size
        is_same = known["url"] == url and etag.startswith('"')
    except (OSError, ValueError, KeyError, TypeError):
        return 0, ""
    return (size, etag) if is_same else (0, "")
