"""Is the picture still right? Validity, divergence from the baseline, and fit to the prompt.

validity    NaN, black and constant images
judge       reads background, shape, colour, size and position from an image of tiny-sd's world
alignment   share of the asked attributes that the judge sees
pixels      PSNR and SSIM against the baseline's image
clip        CLIP score: cosine of image and prompt in CLIP's space
score       runs the asked metrics and gives each with its interval
sample      what a metric function receives
"""
