"""Commonly told claims about compression, put to the test; pure functions, standard library only.

judge       the door: every claim with its verdict
verdict     the verdicts, and how an interval leads to one
rows        what was measured on a device, and how cells are found in it
evidence    what a verdict rests on: measured here, computed exactly, or published
arithmetic  bytes of Stable Diffusion 1.5 in any format, from its layers
sizes       claims about bytes
quality     claims about what compression costs in quality, and the formula of absmax
overall     claims about speed, cost and hardware
timings     claims about devices that are not at hand
effects     claims about runtime optimisations
gathering   the rows of a device from a store
json_view   verdicts as JSON
"""
