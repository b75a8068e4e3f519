"""Abbreviations of position lists and reports, spelt out."""

from __future__ import annotations

__all__ = ["ABBREVIATIONS"]

#: Cable types are not here: their names stand in the catalogue.
ABBREVIATIONS = {
    "A/C": "Alter course: a position where the heading changes.",
    "BMH": "Beach manhole: where sea cable and land cable meet; the end of a position list.",
    "BU": "Branching unit: a body at sea at which three or more cables meet.",
    "JT": "Joint of two lengths of cable.",
    "KP": "Kilometre post: distance along the route from its first beach manhole, km.",
    "PLDN": "Plough down: burial by plough begins.",
    "PLUP": "Plough up: burial by plough ends.",
    "ROPA": "Remote optically pumped amplifier: an amplifier without power from shore.",
    "RPL": "Route position list: where a cable lies and how it is built.",
    "SHA-256": "Checksum of a file; a changed file has another.",
    "SLD": "Straight-line diagram: the cable drawn as one line.",
    "USD": "Dollar of the United States.",
    "WD": "Water depth.",
    "WGS 84": "World Geodetic System 1984: the ellipsoid and datum of all positions.",
}
