"""The treatments of a model's weights, one file per family, applied in a stated order.

contract     what a compression method is: for those who write one
apply        the cell's chain on a pipeline, with true bytes and layers before and after
size         true bytes of weights, each storage once
fingerprint  has anything changed at all?
examples     small inputs of a component, for methods that trace it
layers       walks over a module's layers and replaces them
absmax       int8 by the textbook formula, our own code
bnb          int8 and NF4 of bitsandbytes
pruning      structured pruning with torch-pruning
student      a distilled UNet in place of the full one
"""
