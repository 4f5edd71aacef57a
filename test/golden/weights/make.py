"""Writes small checkpoints of PyTorch 2.13.0 with the safetensors package (0.8.0), and the logits that belong to them:

    python make.py

NAME.safetensors has the weights of the model of examples/pytorch-weights, NAME.logits.safetensors tokens and logits; the
logits of lstm-f16 and lstm-bf16 are those of the rounded weights, computed in float32. lstm.safetensors.index.json has the
weights of lstm in two shards, in the form in which huggingface_hub writes them.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2] / "examples" / "pytorch-weights"))
from exchange import LanguageModel  # noqa: E402

torch.manual_seed(0)
model = LanguageModel(vocabulary=16, embedding=6, hidden=8, layers=2)
for x in model.parameters():
    torch.nn.init.normal_(x, std=0.5)
tokens = torch.randint(0, 16, [2, 10])
for suffix, dtype in [("", torch.float32), ("-f16", torch.float16), ("-bf16", torch.bfloat16)]:
    weights = {key: x.to(dtype) for key, x in model.state_dict().items()}
    save_file(weights, HERE / f"lstm{suffix}.safetensors", metadata={"format": "pt"})
    model.load_state_dict({key: x.float() for key, x in weights.items()})
    with torch.no_grad():
        save_file({"tokens": tokens, "logits": model(tokens)}, HERE / f"lstm{suffix}.logits.safetensors")
    if suffix == "":
        exact = {key: x.clone() for key, x in weights.items()}
    model.load_state_dict(exact)

weight_map, keys = {}, list(exact)
for k, part in enumerate([keys[:5], keys[5:]]):
    name = f"lstm-0000{k + 1}-of-00002.safetensors"
    save_file({key: exact[key] for key in part}, HERE / name, metadata={"format": "pt"})
    weight_map.update({key: name for key in part})
index = {"metadata": {"total_size": sum(4 * x.numel() for x in exact.values())}, "weight_map": weight_map}
(HERE / "lstm.safetensors.index.json").write_text(json.dumps(index, indent=2, sort_keys=True) + "\n")

norm = torch.nn.BatchNorm1d(3)
for _ in range(5):
    norm(torch.randn(4, 3))
save_file(norm.state_dict(), HERE / "batch-norm.safetensors")
