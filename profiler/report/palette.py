"""Colours of the figures by name; the page's style sheet gives them values for light and dark.

The hues are those of Okabe and Ito 2008, told apart with every common colour blindness. The
script of the page replaces each name, e.g. "@blue" by the value of --blue.
"""

from __future__ import annotations

INK, MUTED = "@ink", "@muted"
BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY = (
    "@blue",
    "@vermillion",
    "@green",
    "@orange",
    "@purple",
    "@sky",
)
SERIES = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY)
NAMES = (INK, MUTED, *SERIES)

# Cividis: one order of lightness and hue for colour-blind readers too (Nunez et al. 2018).
SCALE = "Cividis"
