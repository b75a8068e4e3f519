"""Submarine-cable route optimizer: seabed in, layable cable out, with a proven gap."""

__version__ = "0.1.0"
