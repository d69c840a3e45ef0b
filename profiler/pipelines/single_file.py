"""A pipeline from one checkpoint file in the original layout of Stable Diffusion's authors."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from profiler.errors import InputError, Unsupported
from profiler.pipelines.architectures import ARCHITECTURES, Architecture
from profiler.pipelines.hub import PICKLE, translated
from profiler.records.catalogue import ModelSpec

_SAFE = ".safetensors"


def from_single_file(
    spec: ModelSpec, path: str | Path, dtype: Any, *, allow_pickle: bool = False
) -> Any:
    """The pipeline of that model with the weights of the file, without safety checker.

    The shapes are those of the catalogue's architecture, read from no network. Such a file holds no
    tokenizer: those of a folder beside it (tokenizer/, tokenizer_2/) or of the model's hub
    repository are taken. Text encoders that the file lacks are an error.

    Raises:
        InputError: there is no such file, or it is pickled and that was not allowed.
        Unsupported: no architecture of that model is known here, or its tokenizer cannot be had.
        SdprofError: the file is damaged or is of another model.
    """
    import diffusers

    file = Path(path).expanduser()
    if not file.is_file():
        raise InputError(f"weights {str(path)!r}: there is no such file")
    # Compared as it is: what does not end exactly so, diffusers would read as a pickle.
    if file.suffix != _SAFE and not allow_pickle:
        raise InputError(f"{file}: {PICKLE}")
    if spec.name not in ARCHITECTURES:
        raise Unsupported(
            f"{file}: the layout of {spec.name} is not in the catalogue, but a single file needs "
            f"it; name the model that it was made from ({', '.join(ARCHITECTURES)}), or a folder"
        )
    design = ARCHITECTURES[spec.name]
    tokenizers = {name: _tokenizer(name, spec, file) for name in design.tokenizers}
    kind = getattr(diffusers, design.pipeline)
    with config_folder(design) as folder:
        return translated(
            lambda: kind.from_single_file(
                str(file),
                config=str(folder),
                dtype=dtype,
                local_files_only=True,
                **tokenizers,
                **design.arguments,
            ),
            str(file),
        )


@contextmanager
def config_folder(design: Architecture) -> Iterator[Path]:
    """The architecture as the config files of a pipeline in the diffusers format, for a while."""
    import diffusers
    import transformers

    index: dict[str, Any] = {"_class_name": design.pipeline}
    with tempfile.TemporaryDirectory(prefix="sdprof-config-") as name:
        folder = Path(name)
        for part, made in design.parts.items():
            at_home = hasattr(diffusers, made.kind)
            index[part] = ["diffusers" if at_home else "transformers", made.kind]
            config: Mapping[str, Any] = {"_class_name": made.kind, **made.config}
            if not at_home:
                config = getattr(transformers, made.kind).config_class(**made.config).to_dict()
            _write(folder / part / "config.json", config)
        index["scheduler"] = ["diffusers", design.scheduler.kind]
        scheduler = {"_class_name": design.scheduler.kind, **design.scheduler.config}
        _write(folder / "scheduler" / "scheduler_config.json", scheduler)
        for tokenizer, pad in design.tokenizers.items():
            index[tokenizer] = ["transformers", "T5Tokenizer" if pad == "t5" else "CLIPTokenizer"]
        _write(folder / "model_index.json", index)
        yield folder


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(dict(content)), encoding="utf-8")


def _tokenizer(name: str, spec: ModelSpec, file: Path) -> Any:
    """The tokenizer from the folder beside the file, else from the hub or its cache."""
    from transformers import AutoTokenizer

    beside = file.parent / name
    if beside.is_dir():
        return translated(
            lambda: AutoTokenizer.from_pretrained(str(beside), local_files_only=True), str(beside)
        )
    try:
        return translated(
            lambda: AutoTokenizer.from_pretrained(spec.hub_id, subfolder=name), spec.hub_id
        )
    except Unsupported as error:
        raise Unsupported(
            f"{file}: a single file holds no tokenizer, and that of {spec.name} cannot be had "
            f"({error}); put a folder {name}/ beside the file, or fetch it: "
            f"hf download {spec.hub_id} --include '{name}/*'"
        ) from error
