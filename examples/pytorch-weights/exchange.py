"""Weights between tapegrad and PyTorch: the other side of exchange.ts, which says what this is about.

    python exchange.py check here      node exchange.ts write here    (before)
    python exchange.py write there     node exchange.ts check there   (after)

It needs PyTorch and nothing else: a safetensors file is eight bytes with a length, a JSON header of that length, and the
tensors' bytes, so `load_file` and `save_file` below are short. The ones of the package, `safetensors.torch.load_file` and
`safetensors.torch.save_file`, do the same.
"""

import json
import pathlib
import struct
import sys

import torch
from torch import nn

# ---- safetensors ---------------------------------------------------------------------------------------------------

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
          "I64": torch.int64, "I32": torch.int32, "U8": torch.uint8, "BOOL": torch.bool}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


def load_file(path):
    data = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        values = torch.frombuffer(bytearray(data[begin:end]), dtype=DTYPES[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
    return tensors


def save_file(tensors, path):
    header, parts, end = {"__metadata__": {"format": "pt"}}, [], 0
    for name, x in tensors.items():
        part = bytes(x.detach().contiguous().view(-1).view(torch.uint8).tolist())
        header[name] = {"dtype": NAMES[x.dtype], "shape": list(x.shape), "data_offsets": [end, end + len(part)]}
        parts.append(part)
        end += len(part)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    pathlib.Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


# ---- the model -----------------------------------------------------------------------------------------------------


class LanguageModel(nn.Module):
    def __init__(self, vocabulary, embedding, hidden, layers):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding)
        self.lstm = nn.LSTM(embedding, hidden, num_layers=layers, batch_first=True)
        self.head = nn.Linear(hidden, vocabulary)

    def forward(self, tokens):
        hidden, _ = self.lstm(self.embedding(tokens))
        return self.head(hidden)


# ---- write: train on this very file, byte by byte ------------------------------------------------------------------

BATCH, TIME = 16, 32


def write(name, steps=300):
    torch.manual_seed(1)
    text = torch.tensor(list(pathlib.Path(__file__).read_bytes()))
    model = LanguageModel(vocabulary=256, embedding=32, hidden=64, layers=2)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(steps):
        starts = torch.randint(0, len(text) - TIME - 1, [BATCH])
        windows = torch.stack([text[start : start + TIME + 1] for start in starts])
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(windows[:, :-1]).transpose(1, 2), windows[:, 1:])
        loss.backward()
        optimizer.step()
    tokens = text[: 4 * TIME].reshape(4, TIME)
    with torch.no_grad():
        logits = model(tokens)
    save_file(model.state_dict(), f"{name}.safetensors")
    save_file({"tokens": tokens, "logits": logits}, f"{name}.logits.safetensors")
    print(f"wrote {name}.safetensors and {name}.logits.safetensors; last loss {loss.item():.3f} nats per byte")


# ---- check: a model of the file's sizes, with the file's weights ---------------------------------------------------

TOLERANCE = 1e-5


def check(name):
    weights = load_file(f"{name}.safetensors")
    vocabulary, embedding = weights["embedding.weight"].shape
    hidden = weights["lstm.weight_hh_l0"].shape[1]
    layers = sum(key.startswith("lstm.weight_hh_l") for key in weights)
    model = LanguageModel(vocabulary, embedding, hidden, layers)
    model.load_state_dict(weights)  # strict: every key must fit
    expected = load_file(f"{name}.logits.safetensors")
    with torch.no_grad():
        logits = model(expected["tokens"].long())
    difference = (logits - expected["logits"]).abs().max().item()
    largest = expected["logits"].abs().max().item()
    agrees = difference <= TOLERANCE * max(1, largest)
    verdict = "the same" if agrees else f"DIFFERENT (expected {TOLERANCE} of the largest at most)"
    count = sum(x.numel() for x in model.parameters())
    print(f"{count} parameters; logits up to {largest:.2f} differ by {difference:.1e} at most: {verdict}")
    return agrees


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", name]:
            write(name)
        case ["check", name]:
            sys.exit(0 if check(name) else 1)
        case _:
            sys.exit("expected: python exchange.py write NAME, or: python exchange.py check NAME")
