"""One cell in one process: a job as JSON comes in, event lines go out.

protocol   names, lines and the worker's environment; all that the bench may import from here
events     JSON lines on the private event channel, each in one write
libraries  the imports that all cells share, such that their process may still fork
server     the fork server: imports once, never computes, forks a process per job
once       a fresh process for one job, where there is no fork
child      what a process sets up before it measures: group, life line, limits, threads, device
memory     peak memory of a phase: host RSS, CUDA allocated and reserved
phases     wall seconds, CPU seconds and peaks of each phase
images     one call of the pipeline, with the text encoder, each step and the VAE apart
album      the images of a cell: checked, kept, saved as PNG
software   versions of the libraries, without importing them; the bench reads them too
cell       the measurement of one cell from load to score
faults     an exception as an outcome; and faults made on purpose, for the tests
"""
