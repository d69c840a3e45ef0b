"""From a model's name to a diffusers pipeline that is ready to paint.

load            a pipeline by model, weights and precision; CLIP for scores
checked         SHA-256 sums of a folder of weights, checked before use
hub             weights from the hub or a local folder; its errors in plain words
random_weights  Stable Diffusion 1.5 with random weights, built without downloads
sd15_config     its architecture as data
fake_tokenizer  a CLIP tokenizer of the right size, made offline
schedule        a scheduler by its catalogue name
optimise        the runtime optimisations
preload         imports everything that a worker needs and computes nothing
drawing         draws the scenes of tiny-sd's world
"""
