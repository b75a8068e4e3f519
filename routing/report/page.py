"""The report as one HTML document."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Any

from routing.report.appendix import appendix
from routing.report.content import Report
from routing.report.element import css_string, element
from routing.report.front import STATUS, front
from routing.report.option import option_pages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.engineering import Segment
    from routing.report.content import Drawings, ReportInputs

__all__ = ["report_html"]


def report_html(
    summary: Mapping[str, Any], *, segments: Mapping[str, Segment], drawings: Drawings, inputs: ReportInputs
) -> str:
    """A run as a page to read, to print and to defend.

    Parameters
    ----------
    summary
        What ``summary.json`` holds.
    segments
        Engineered cables by id; a link without one is told by its numbers alone.
    drawings
        SVG drawings.
    inputs
        What the run was made of.

    Returns
    -------
    document
        HTML that needs no other file, holds no script and fetches nothing; the same arguments give the same text.

    Raises
    ------
    InputError
        When a drawing is no plain SVG.
    """
    report = Report(summary, segments, drawings, inputs)
    style = _style(report)
    parts = (*front(report), *(option_pages(report, option) for option in report.options), *appendix(report))
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(style)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"{summary['title']}: route report, revision {summary['revision']}"),
    ).text.removesuffix("</head>")
    body = element("body", element("main", *parts)).text
    # The style sheet is ours; what it holds of a user's text is escaped as CSS, so it goes in as it is.
    return f'<!DOCTYPE html>\n<html lang="en">{head}<style>{style}</style></head>{_broken(body)}</html>\n'


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


def _style(report: Report) -> str:
    """The style sheet with a running header of this project."""
    sheet = resources.files("routing.report").joinpath("style.css").read_text(encoding="utf-8").replace("\r\n", "\n")
    summary = report.summary
    running = f"{summary['title']}, revision {summary['revision']} of {summary['date']}"
    boxes = f"@top-left{{content:{css_string(running)}}}@top-right{{content:{css_string(STATUS)}}}"
    return f"{sheet}@page{{{boxes}}}\n"


def _broken(body: str) -> str:
    """Lines end after blocks, so that two reports can be compared line by line."""
    for tag in ("p", "tr", "h1", "h2", "h3", "h4", "caption", "figure", "li", "section", "nav", "dl"):
        body = body.replace(f"</{tag}>", f"</{tag}>\n")
    return body
