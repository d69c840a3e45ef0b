"""A CLIP tokenizer whose byte-pair merges make one token of each word of the scenes."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from profiler.catalogue.scenes import TEMPLATES, all_scenes

MAX_LENGTH = 24
START, END = "<|startoftext|>", "<|endoftext|>"


def make_tokenizer(folder: Path) -> CLIPTokenizer:
    """Train the merges on all captions and write vocab.json and merges.txt into `folder`."""
    captions = [scene.caption(template) for scene in all_scenes() for template in TEMPLATES]
    trainer = trainers.BpeTrainer(
        vocab_size=2000,
        end_of_word_suffix="</w>",
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    bpe = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    bpe.pre_tokenizer = pre_tokenizers.Whitespace()
    bpe.train_from_iterator(captions, trainer)
    merges = [tuple(pair) for pair in json.loads(bpe.to_str())["model"]["merges"]]

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [*alphabet, *(letter + "</w>" for letter in alphabet)]
    words += ["".join(pair) for pair in merges if "".join(pair) not in words]
    vocabulary = {word: index for index, word in enumerate([*words, START, END])}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n")
    return CLIPTokenizer(
        vocab=str(folder / "vocab.json"),
        merges=str(folder / "merges.txt"),
        model_max_length=MAX_LENGTH,
    )


def tokens(tokenizer: CLIPTokenizer, captions: list[str]) -> torch.Tensor:
    """Token ids (len(captions), MAX_LENGTH), padded as StableDiffusionPipeline pads them."""
    encoded = tokenizer(
        captions, padding="max_length", max_length=MAX_LENGTH, truncation=True, return_tensors="pt"
    )
    ids: torch.Tensor = encoded.input_ids
    return ids
