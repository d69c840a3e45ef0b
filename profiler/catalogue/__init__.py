"""What can be asked for, as data: names, parameters, needs; standard library only, no torch.

models         text-to-image models
compression    methods that change weights, and the order in which they may follow each other
chains         is a chain of methods allowed, and why not
optimisations  switches of the pipeline at run time
precisions     fp32, bf16, fp16 and where each runs
schedulers     our name to the class and arguments of diffusers
metrics        what is computed from images
prompts        sets of texts
requires       what is missing for a method, metric or precision on a device
naming         cells and methods as short text
registry       look-up by name, built in first, then entry points of other packages
scenes         the little world that tiny-sd paints
"""
