"""The treatments: quantise, prune, distil; applied in a stated order, per component.

contract   what a compression method is given and what it returns, for plug-in writers too
apply      a cell's chain on its pipeline, with true bytes before and after
size       bytes of a module's weights, quantiser states included
replace    puts layers in the place of layers
absmax     8-bit integers by the textbook formula
bnb        bitsandbytes LLM.int8() and NF4
pruning    structured pruning with torch-pruning
student    a distilled UNet in the place of the full one
"""
