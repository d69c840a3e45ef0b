"""Pure functions over stored rows: compare, recommend, explain, emit; standard library only.

compare     one summary against another: ratios with intervals and verdicts
pareto      the front of what nothing else beats for certain
objectives  what can be asked to be best, and how ties are broken
guard       which metric stands for quality, and the non-inferiority margin
baseline    which cells are comparable, and the one that the others are compared with
limits      which limits a summary breaks, by how much
ranking     the order of candidates, ties included
recommend   the recommendation
explain     every phrase of it
notes       what must be said about it as a whole
methods     everything that a suite can name, and whether a device can run it
format      quantities as text in human units
json_view   a recommendation as JSON
emit        a script that reproduces a configuration (emit_*: its fragments)
"""
