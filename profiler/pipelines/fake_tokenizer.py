"""Tokenizers with the number of tokens of CLIP's and T5's, made offline; not their pieces.

The real vocabularies can only be downloaded. Time and memory do not depend on them, since prompts
are padded to a fixed length always; the images of random weights mean nothing anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from string import ascii_lowercase, printable
from typing import Any

from profiler.pipelines.architectures.parts import Architecture

VOCABULARY = 49_408
MAX_LENGTH = 77
T5_VOCABULARY = 32_100
T5_MAX_LENGTH = 512
END_OF_TEXT = "<|endoftext|>"
_END = "</w>"
_SPECIAL = ("<|startoftext|>", END_OF_TEXT)
_T5_SPECIAL = ("<pad>", "</s>", "<unk>")
_T5_SENTINELS = 100
_SPACE = "▁"


def make_tokenizers(design: Architecture) -> dict[str, Any]:
    """The tokenizers of that architecture by component."""
    return {
        name: make_t5_tokenizer() if pad == "t5" else make_tokenizer(pad)
        for name, pad in design.tokenizers.items()
    }


def make_tokenizer(pad: str = END_OF_TEXT) -> Any:
    """A transformers CLIPTokenizer of 49,408 tokens that pads to 77 with `pad`."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import CLIPTokenizer

    # "!" comes first, as in CLIP's vocabulary: it is what OpenCLIP's towers pad with, id 0.
    letters = sorted(ByteLevel.alphabet())
    alphabet = [*letters, *(letter + _END for letter in letters)]
    merges = list(islice(_merges(), VOCABULARY - len(alphabet) - len(_SPECIAL)))
    words = [*alphabet, *("".join(pair) for pair in merges), *_SPECIAL]
    return CLIPTokenizer(
        vocab={word: index for index, word in enumerate(words)},
        merges=merges,
        model_max_length=MAX_LENGTH,
        pad_token=pad,
    )


def make_t5_tokenizer() -> Any:
    """A transformers T5Tokenizer of 32,100 tokens, the last 100 sentinels, of at most 512."""
    from transformers import T5Tokenizer

    pieces = islice(_pieces(), T5_VOCABULARY - len(_T5_SPECIAL) - _T5_SENTINELS)
    vocabulary = [(word, 0.0) for word in _T5_SPECIAL]
    # Longer pieces are likelier than what they are made of, so that words are few tokens.
    vocabulary += [(piece, -20.0 / len(piece)) for piece in pieces]
    vocabulary += [(f"<extra_id_{i}>", 0.0) for i in reversed(range(_T5_SENTINELS))]
    return T5Tokenizer(vocab=vocabulary, model_max_length=T5_MAX_LENGTH)


def _merges() -> Iterator[tuple[str, str]]:
    """Pairs of pieces, short ones first; each left piece was made by an earlier merge."""
    for length in (1, 2, 3):
        for start in product(ascii_lowercase, repeat=length):
            for letter in ascii_lowercase:
                yield "".join(start), letter
                yield "".join(start), letter + _END


def _pieces() -> Iterator[str]:
    """The space, every printable character, then short strings of letters, with a space or not."""
    yield _SPACE
    yield from (character for character in printable if not character.isspace())
    for length in (1, 2, 3):
        for letters in product(ascii_lowercase, repeat=length):
            yield _SPACE + "".join(letters)
            if length > 1:
                yield "".join(letters)
