"""Frozen dataclasses that pass between rooms; standard library only, no behaviour but derivation.

quantity    a number with unit, interval and evidence
cell        one question of a sweep and its content hash
suite       what a suite file says, after validation
catalogue   models, methods and their requirements as data
device      a hardware profile
environment the software and machine state that produced a measurement
job         what the bench sends to a worker, and the events that come back
measurement everything one process run told, raw
summary     measurements of one cell on one device, condensed; recommendations
codec       any of these to and from JSON
"""
