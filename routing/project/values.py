"""Kinds of values in a project file, and the table that refuses what it does not know."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from routing.text import is_plain

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Id", "Lat", "Lon", "Name", "Number", "Table", "Whole", "nearest"]

#: A finite number written as one: neither text nor true or false stands for it.
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Whole = Annotated[int, Field(strict=True)]
Lon = Annotated[Number, Field(ge=-180, le=180)]
Lat = Annotated[Number, Field(ge=-90, le=90)]
#: Ids become parts of file names, joined by "_", so they hold neither that nor what a file system could misread.
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,63}$")]


def _plain(text: str) -> str:
    """Text that can neither drive a terminal nor forge a line of a log."""
    if not is_plain(text):
        raise ValueError("holds a control character")
    return text


Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_plain)]


class Table(BaseModel):
    """A table of the file: frozen, and an unknown key is an error that names the nearest one."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_keys(cls, table: Any) -> Any:  # noqa: ANN401  (whatever TOML holds)
        legal = [name for name, field in cls.model_fields.items() if not field.exclude]
        unknown = [name for name in table if name not in legal] if isinstance(table, dict) else []
        if unknown:
            hint = nearest(unknown[0], legal) or f": legal keys are {', '.join(legal)}"
            raise ValueError(f"unknown key {unknown[0]!r}{hint}")
        return table


def nearest(word: str, legal: Iterable[str]) -> str:
    """A hint at the legal word that was probably meant; nothing when none is near."""
    near = difflib.get_close_matches(word, legal, n=1)
    return f": did you mean {near[0]!r}?" if near else ""
