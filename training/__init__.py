"""How the embedded tiny-sd was made: CLIP, VAE, UNet and student, trained on drawn scenes.

common    seeds, threads, optimiser, schedule, log, checkpoints
data      drawn images with captions
tokenizer a CLIP tokenizer whose merges know the words of the scenes
clip      text and vision tower, contrastive
vae       AutoencoderKL on pixels
unet      the denoiser on latents, v-prediction with zero terminal SNR
student   a smaller denoiser distilled from the UNet
assemble  the trained parts as a diffusers folder with SHA-256 sums
evaluate  how well the assembled model follows its prompts

Run `python -m training all` from the repository root; each stage can be resumed.
"""
