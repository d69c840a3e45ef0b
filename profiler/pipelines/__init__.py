"""From a model's name to a diffusers pipeline that is ready to paint.

load            a pipeline by model, weights and precision; CLIP for scores
checked         SHA-256 sums of a folder of weights, checked before use
exported        what an exported folder says of itself
hub             weights from the hub or a local folder; its errors in plain words
single_file     a pipeline from one checkpoint file
architectures   the catalogue's models as data, a file per family
random_weights  these with random weights, built without downloads
sd15_config     the parts of Stable Diffusion 1.5, which other families share
fake_tokenizer  tokenizers of CLIP's and T5's size, made offline
schedule        a scheduler by its catalogue name
optimise        the runtime optimisations
preload         imports everything that a worker needs and computes nothing
drawing         draws the scenes of tiny-sd's world
"""
