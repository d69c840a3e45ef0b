"""The treatments of a model's weights, one file per family, applied in a stated order.

contract     what a compression method is: for those who write one
apply        the cell's chain on a pipeline, with true bytes and layers before and after
size         true bytes of weights, each storage once
fingerprint  has anything changed at all?
examples     small inputs of a component, for methods that trace it
layers       walks over a module's layers and replaces them
absmax       int8 by the textbook formula, our own code
bnb          int8, NF4 and FP4 of bitsandbytes
ao           int8, int4, float8 and odd widths of torchao
sdnq_layers  int8, uint4 and float8 of SDNQ, with or without a low-rank branch
quanto_layers  int8, int4 and float8 of quanto
casting      FP8 storage, cast for each call, of diffusers
magnitude    unstructured pruning: the smallest weights become zero
pruning      structured pruning with torch-pruning, and rebuilding what it pruned
blocks       whole blocks of a UNet removed, after BK-SDM
semi_structured  2:4 sparsity on CUDA
tensors      every tensor of a module by name
structure    what has to be rebuilt before saved tensors fit in
saving       writes a compressed pipeline into a folder, without pickle
saved        loads it again
sources      parts from elsewhere: shipped, a folder, the hub; do they fit?
student      a distilled UNet in place of the full one
step_distillation  a consistency model, or its adapter, for two to four steps
tiny_vae     a tiny autoencoder in place of the VAE
merging      several models made one: average, SLERP, add-difference, task arithmetic, TIES
lora         low-rank adapters added to the weights for good
cast         one component in a number format of its own
"""
