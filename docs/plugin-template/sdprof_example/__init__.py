"""A template for packages that add to sdprof.

specs        the catalogue entries; imports nothing heavy, because every listing reads it
compression  the code of the compression method
optimisation the code of the runtime optimisation
metric       the code of the metric
"""
