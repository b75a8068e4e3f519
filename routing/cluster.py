"""Searches done by the workers of a Dask cluster: the same functions on the same waters, so the same answers."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from routing.errors import InputError, ResourceError
from routing.runfolder import library_versions, other_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Cluster", "connected"]

#: Seconds to wait for a scheduler (default, editable).
_PATIENCE_S = 10.0


class Cluster:
    """The workers of a scheduler.

    Parameters
    ----------
    client
        Connected to it.
    """

    def __init__(self, client: Any) -> None:  # noqa: ANN401  (a distributed.Client, which has no types)
        self._client = client

    @property
    def threads(self) -> int:
        """Searches that run at a time."""
        return int(sum(self._client.nthreads().values()))

    def __call__(self, search: Callable[..., Any], *args: object) -> Any:  # noqa: ANN401  (what the search returns)
        """What a search returns, done by some worker.

        Raises
        ------
        ResourceError
            When the workers were lost.
        """
        from distributed.scheduler import KilledWorker

        try:
            # Impure: whether an answer is known is asked of the store, which outlives the cluster.
            return self._client.submit(search, *args, pure=False).result()
        except (KilledWorker, OSError) as error:
            raise ResourceError(f"the cluster lost a search ({error}); run again, what was found is kept") from error


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """The workers of a Dask scheduler.

    Parameters
    ----------
    address
        As ``tcp://host:8786``. What is sent to it, and taken from it, is pickled: name only a scheduler that you trust.

    Raises
    ------
    InputError
        When `distributed` is not installed, or the address is none.
    ResourceError
        When no scheduler answers, it has no workers, or they run another version of the program or its libraries.
    """
    try:
        import distributed
    except ImportError as error:
        raise InputError(
            "the package distributed is not installed",
            remedy="install it: pip install 'cableroute[cluster]'",
            key="--scheduler",
        ) from error
    try:
        connect: Any = distributed.Client
        client = connect(address, timeout=_PATIENCE_S, set_as_default=False)
    except OSError as error:
        raise ResourceError(
            f"no scheduler answers at {address} ({error}); start it, or leave out --scheduler"
        ) from error
    except ValueError as error:
        raise InputError(f"{address!r}: {error}", remedy="write it as tcp://host:8786", key="--scheduler") from error
    with client:
        _check(client, address)
        yield Cluster(client)


def _check(client: Any, address: str) -> None:  # noqa: ANN401
    """Workers must be there, and be able to give the very answers that this machine would give."""
    theirs = client.run(library_versions)
    if not theirs:
        raise ResourceError(f"the scheduler at {address} has no workers; start some, or leave out --scheduler")
    mine = library_versions()
    for worker, versions in theirs.items():
        other = [f"{name} {there} instead of {here}" for name, there, here in other_versions(versions, mine)]
        if other:
            raise ResourceError(f"the worker {worker} has {', '.join(other)}; install there what is installed here")
