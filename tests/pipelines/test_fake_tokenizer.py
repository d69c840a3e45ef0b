"""The offline tokenizers have the sizes of CLIP's and T5's, so that shapes are the true ones."""

from __future__ import annotations

import pytest

from profiler.pipelines import sd15_config
from profiler.pipelines.architectures import ARCHITECTURES
from profiler.pipelines.fake_tokenizer import (
    MAX_LENGTH,
    VOCABULARY,
    make_t5_tokenizer,
    make_tokenizer,
    make_tokenizers,
)

TEXTS = (
    "a photo of an astronaut riding a horse on mars",
    "",
    "Grüße, 你好! 😀 <|endoftext|>",
    "word " * 200,
)


@pytest.fixture(scope="module")
def tokenizer():
    return make_tokenizer()


def test_it_has_the_size_of_clips(tokenizer):
    assert len(tokenizer) == VOCABULARY == 49_408
    assert tokenizer.model_max_length == MAX_LENGTH == 77
    assert sorted(tokenizer.get_vocab().values()) == list(range(VOCABULARY))


def test_its_special_tokens_are_those_of_the_text_encoder(tokenizer):
    config = sd15_config.TEXT_ENCODER
    assert tokenizer.bos_token_id == config["bos_token_id"]
    assert tokenizer.eos_token_id == config["eos_token_id"]
    assert tokenizer.pad_token_id == config["pad_token_id"]
    assert config["vocab_size"] == VOCABULARY
    assert config["max_position_embeddings"] == MAX_LENGTH


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_is_77_tokens_within_the_vocabulary(tokenizer, text):
    batch = tokenizer(text, padding="max_length", truncation=True)
    ids = batch["input_ids"]
    assert len(ids) == MAX_LENGTH
    assert ids[0] == tokenizer.bos_token_id
    assert ids[-1] == tokenizer.eos_token_id
    assert 0 <= min(ids) <= max(ids) < VOCABULARY


def test_different_texts_are_different_tokens_and_no_letter_is_lost(tokenizer):
    first, second = (tokenizer(text)["input_ids"] for text in ("a red circle", "a blue circle"))
    assert first != second
    assert tokenizer.decode(first, skip_special_tokens=True).strip() == "a red circle"


def test_open_clip_pads_with_the_first_token():
    padded = make_tokenizer("!")("a red circle", padding="max_length")["input_ids"]
    assert padded[-1] == 0
    assert padded[0] == make_tokenizer().bos_token_id


@pytest.mark.parametrize("text", TEXTS)
def test_t5_has_its_vocabulary_and_its_lengths(text):
    tokenizer = make_t5_tokenizer()
    assert len(tokenizer) == 32_100
    assert tokenizer.model_max_length == 512
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id) == (0, 1, 2)
    for length in (256, 512):
        ids = tokenizer(text, padding="max_length", max_length=length, truncation=True)["input_ids"]
        assert len(ids) == length
        assert 0 <= min(ids) <= max(ids) < 32_100


def test_t5_loses_no_letter():
    tokenizer = make_t5_tokenizer()
    ids = tokenizer("a photo of an astronaut, riding")["input_ids"]
    assert len(ids) < 20
    told = tokenizer.decode(ids, skip_special_tokens=True)
    assert told == "a photo of an astronaut, riding"


def test_every_architecture_gets_its_own():
    for design in ARCHITECTURES.values():
        made = make_tokenizers(design)
        assert set(made) == set(design.tokenizers)
        assert len(made) == sum(name.startswith("text_encoder") for name in design.parts)
