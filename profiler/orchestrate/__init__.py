"""The bench: plans a suite's cells, runs each in a worker process, and stores what came of it.

No torch here, not even indirectly: workers are started by name.

bench        run_suite: the loop over the cells, resume, budget, Ctrl-C
prepare      the options of a run; device, environment and plan before it starts
plan         which cells will run, which not and why, and how long it may take
estimate     how long a cell may take
launcher     the seam to worker processes, and which kind this machine gets
fork         workers from the fork server: imports are paid once
fresh        a new interpreter per cell, where there is no fork
watch        one cell beside its process: events, telemetry, time-out
collect      event lines to the parts of a measurement
assemble     what was seen of a cell, put together as a measurement
verdict      how a cell ended, from its events and the exit of its process
environment  the machine and its software
references   images into the store, and the baseline's images for later cells
interrupt    Ctrl-C held back while something is stored
spool        measurements that the store refused, kept beside it for the next run
overhead     what the harness itself costs
listener     who is told of the progress
"""
