"""Pure functions over numbers: intervals, stopping rule, outliers, ties; standard library only.

intervals  median and mean with their confidence intervals
student    quantiles of Student's t
stopping   when enough repeats were measured
warmup     how many leading runs are warm-up
outliers   which values to flag (never to delete)
compare    ties and ratios of two figures
figures    a raw measurement condensed to the figures of a summary
"""
