"""Which change between two runs did what: the earlier project is planned again with each change alone."""

from routing.causes.attributing import attribute

__all__ = ["attribute"]
