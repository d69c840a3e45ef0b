"""The offline tokenizer has the size of CLIP's, so that tensors have their true shapes."""

from __future__ import annotations

import pytest

from profiler.pipelines import sd15_config
from profiler.pipelines.fake_tokenizer import MAX_LENGTH, VOCABULARY, make_tokenizer

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
