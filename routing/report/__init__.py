"""The printable report of a run: one HTML page that needs nothing but a browser.

:func:`report_html` turns a run's summary, segments and drawings into a page
without scripts, that asks the network for nothing and shows every text as text.
"""

from routing.report.content import Drawings, Report, ReportInputs
from routing.report.page import report_html

__all__ = ["Drawings", "Report", "ReportInputs", "report_html"]
