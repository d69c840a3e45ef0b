"""Stage 1: a small CLIP (text and vision tower), trained with the contrastive loss.

Radford et al. 2021, "Learning Transferable Visual Models From Natural Language Supervision".
"""

from __future__ import annotations

import random

import torch
from torch.nn import functional
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPTokenizer, CLIPVisionConfig

from training.common import SEED, WORK, Log, mixed_precision, one_cycle, plain_attention, update
from training.data import SIDE_PX, DrawnScenes
from training.tokenizer import MAX_LENGTH, make_tokenizer, tokens

WIDTH = 128


def build_clip(tokenizer: CLIPTokenizer) -> CLIPModel:
    """Both towers with a shared embedding of WIDTH dimensions."""
    text = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=MAX_LENGTH,
        projection_dim=WIDTH,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    vision = CLIPVisionConfig(
        hidden_size=WIDTH,
        intermediate_size=256,
        num_hidden_layers=3,
        num_attention_heads=4,
        image_size=SIDE_PX,
        patch_size=8,
        projection_dim=WIDTH,
    )
    config = CLIPConfig(
        text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=WIDTH
    )
    return CLIPModel(config)


def train_clip(data: DrawnScenes, steps: int, batch: int = 128) -> None:
    """Train both towers; a batch holds distinct scenes, so that each caption fits one image."""
    torch.manual_seed(SEED)
    rng = random.Random(SEED)
    tokenizer = make_tokenizer(WORK / "tokenizer")
    model = build_clip(tokenizer).train()
    optimizer, schedule = one_cycle(model, steps, peak=1.5e-3)
    per_scene = len(data.images) // len(data.scenes)
    log = Log("clip")
    for step in range(1, steps + 1):
        chosen = rng.sample(range(len(data.scenes)), batch)
        rows = torch.tensor([scene * per_scene + rng.randrange(per_scene) for scene in chosen])
        ids = tokens(tokenizer, data.captions(rows, rng))
        with mixed_precision(), plain_attention():
            out = model(input_ids=ids, pixel_values=data.pixels(rows))
        logits = out.logits_per_text.float()
        target = torch.arange(batch)
        loss = functional.cross_entropy(logits, target) + functional.cross_entropy(logits.T, target)
        update(model, loss / 2, optimizer, schedule)
        with torch.no_grad():
            model.logit_scale.clamp_(max=4.6052)  # ln 100, as in the paper
        if step % 50 == 0 or step == 1:
            right = (logits.argmax(1) == target).float().mean()
            log.row(step, loss=loss.item() / 2, caption_found=right.item())
        if step % 500 == 0 or step == steps:
            model.save_pretrained(WORK / "clip")
            tokenizer.save_pretrained(WORK / "tokenizer")
