"""A CLIP tokenizer with CLIP's number of tokens, made offline; its merges are not CLIP's.

The real vocabulary can only be downloaded. Time and memory do not depend on it, since prompts are
padded to 77 tokens always; the images of random weights mean nothing anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product
from string import ascii_lowercase
from typing import Any

VOCABULARY = 49_408
MAX_LENGTH = 77
_END = "</w>"
_SPECIAL = ("<|startoftext|>", "<|endoftext|>")


def make_tokenizer() -> Any:
    """A transformers CLIPTokenizer of 49,408 tokens that pads to 77."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import CLIPTokenizer

    letters = sorted(ByteLevel.alphabet())
    alphabet = [*letters, *(letter + _END for letter in letters)]
    merges = list(islice(_merges(), VOCABULARY - len(alphabet) - len(_SPECIAL)))
    words = [*alphabet, *("".join(pair) for pair in merges), *_SPECIAL]
    return CLIPTokenizer(
        vocab={word: index for index, word in enumerate(words)},
        merges=merges,
        model_max_length=MAX_LENGTH,
    )


def _merges() -> Iterator[tuple[str, str]]:
    """Pairs of pieces, short ones first; each left piece was made by an earlier merge."""
    for length in (1, 2, 3):
        for start in product(ascii_lowercase, repeat=length):
            for letter in ascii_lowercase:
                yield "".join(start), letter
                yield "".join(start), letter + _END
