"""Pure functions over numbers: intervals, stopping rule, outliers; standard library only.

intervals  median and mean with their confidence intervals
student    quantiles of Student's t
stopping   when enough repeats were measured
warmup     how many leading runs are warm-up
outliers   which values to flag (never to delete)
figures    a raw measurement condensed to the figures of a summary
"""
