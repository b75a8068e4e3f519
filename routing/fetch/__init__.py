"""Grids of the sea floor from public servers, by a box: the only part of the program that uses a network."""

from routing.fetch.delivery import Fetched, fetch
from routing.fetch.source import Box, Source, read_sources
from routing.fetch.transfer import Terms, transfer

__all__ = ["Box", "Fetched", "Source", "Terms", "fetch", "read_sources", "transfer"]
