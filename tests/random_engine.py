"""A real engine with models that know nothing: the code of `transformers serve` over tiny random weights, made on the spot.

`python -m tests.random_engine FOLDER PORT` runs it; nothing is downloaded, and nothing leaves the machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bot.settings import ROOT
from tests.browser import free_port

SEEDS = (4, 7, 25)
# What the tokenizer learns its pieces from, so that the noise has words, figures, labels and whole replies in it, all invented.
LINES = (
    "教师每月发给生活补助8613元，县级财政承担。[1]\n",
    "随迁子女于6月27日前报名，由教育局统筹安排入学。[2]\n",
    '{"statements": [{"text": "课后服务每学期收费不超过8613元。", "sources": [1]}]}',
    "依据教育部1907年第5号文件，第六条规定，不得收取任何费用。[3]\n",
    "学校应当公布收费项目、标准和投诉电话，班主任津贴按月计发，比例为86%。[1]\n",
)
INVENTED = ("8613", "1907", "86%", "6月27日")
SPECIAL = ("<unk>", "<stop>", "<end>", "<system>", "<user>", "<assistant>")
_TEMPLATE = "{% for m in messages %}<{{ m.role }}>{{ m.content }}<end>{% endfor %}<assistant>"
_READY = 240  # seconds that the engine may take on a busy machine; ten where nothing else runs


@contextmanager
def engine(folder: Path) -> Iterator[Callable[[], str]]:
    """An engine that is starting on loopback; what it gives waits until it is up and returns the URL of its OpenAI routes.

    The name of a model is its folder, `folder/seed`; what the engine did stands in `folder/log.txt`.
    """
    port, log = free_port(), folder / "log.txt"
    alone = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    with log.open("wb") as lines:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.random_engine", str(folder), str(port)],
            cwd=ROOT, env={**os.environ, **alone}, stdout=lines, stderr=lines,
        )  # fmt: skip

    def ready() -> str:
        end = time.monotonic() + _READY
        while time.monotonic() < end and process.poll() is None:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/health", timeout=1).status_code == 200:
                    return f"http://127.0.0.1:{port}/v1"
            except httpx.TransportError:
                time.sleep(0.2)
        raise AssertionError(f"the engine did not start:\n{log.read_text(encoding='utf8', errors='replace')[-2000:]}")

    try:
        yield ready
    finally:
        process.kill()  # it has nothing to keep
        process.wait()


def make_model(folder: Path, seed: int) -> None:
    """Write a Llama of a few thousand random weights with its tokenizer and chat template into a folder."""
    import torch
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("[，。、]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=list(SPECIAL), show_progress=False)
    tokenizer.train_from_iterator(LINES, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", eos_token="<stop>", pad_token="<unk>")
    fast.chat_template = _TEMPLATE
    fast.save_pretrained(folder)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(fast), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=16384, initializer_range=1.0, tie_word_embeddings=True,
        bos_token_id=None, eos_token_id=1, pad_token_id=0,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    # What was said is hardly said again, and after a while the mark that stops it grows likelier with every piece.
    model.generation_config = GenerationConfig(
        eos_token_id=1, pad_token_id=0, repetition_penalty=50.0, exponential_decay_length_penalty=(100, 1.2)
    )
    model.save_pretrained(folder)


def serve(port: int) -> None:
    """Serve any model by its folder, as `transformers serve` does, which without `accelerate` cannot place one on the CPU."""
    import uvicorn
    from transformers import LlamaForCausalLM
    from transformers.cli.serving.chat_completion import ChatCompletionHandler
    from transformers.cli.serving.model_manager import ModelManager
    from transformers.cli.serving.server import build_server
    from transformers.cli.serving.utils import GenerationState

    class OnCpu(ModelManager):
        def _load_model(self, model_id_and_revision: str, *_: Any, **__: Any) -> Any:
            return LlamaForCausalLM.from_pretrained(model_id_and_revision)

    models, state = OnCpu(device="cpu"), GenerationState()
    chat: Any = ChatCompletionHandler(models, state, chat_template_kwargs={})
    app = build_server(models, chat, chat, chat, chat, chat, state)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="info")


if __name__ == "__main__":
    for made in SEEDS:
        make_model(Path(sys.argv[1]) / str(made), made)
    serve(int(sys.argv[2]))
