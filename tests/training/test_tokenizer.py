"""The tokenizer knows the words of the scenes, and reads any other text as well."""

from __future__ import annotations

from pathlib import Path

from profiler.catalogue.scenes import VOCABULARY, sample_scenes
from training.tokenizer import MAX_LENGTH, make_tokenizer, tokens


def test_every_word_is_one_token(tmp_path: Path) -> None:
    tokenizer = make_tokenizer(tmp_path)
    words = [word for vocabulary in VOCABULARY.values() for word in vocabulary]
    assert all(len(tokenizer.tokenize(word)) == 1 for word in words)


def test_captions_fit_and_unknown_words_are_spelt(tmp_path: Path) -> None:
    tokenizer = make_tokenizer(tmp_path)
    captions = [scene.caption() for scene in sample_scenes(4, 1)]
    ids = tokens(tokenizer, [*captions, "", "élan vital ☺"])
    assert ids.shape == (6, MAX_LENGTH)
    assert all(len(tokenizer.tokenize(caption)) <= MAX_LENGTH - 2 for caption in captions)
    assert tokenizer.unk_token_id not in tokenizer("élan").input_ids[1:-1]


def test_making_it_twice_gives_the_same_files(tmp_path: Path) -> None:
    make_tokenizer(tmp_path / "a")
    make_tokenizer(tmp_path / "b")
    for name in ("vocab.json", "merges.txt"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
