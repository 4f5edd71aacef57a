"""Writes print.json: tensors and the text that PyTorch prints for them. Run with PyTorch 2.13.0: python3 print.py

Only names in the suffix are changed, before PyTorch decides where lines break: dtype=torch.float64 becomes dtype=f64,
requires_grad=True becomes requiresGrad=true, grad_fn=<MulBackward0> becomes gradFn=<mul>. i32 cases are printed from
int64 tensors, since each is the default integer of its framework.
"""

import json
import math
import os

import torch
from torch import _tensor_str

RENAMED = {
    "dtype=torch.float64": "dtype=f64",
    "dtype=torch.int64": "dtype=i32",
    "dtype=torch.bool": "dtype=bool",
    "requires_grad=True": "requiresGrad=true",
    "grad_fn=<MulBackward0>": "gradFn=<mul>",
}
DTYPES = {torch.float32: "f32", torch.float64: "f64", torch.int64: "i32", torch.bool: "bool"}

add_suffixes = _tensor_str._add_suffixes
_tensor_str._add_suffixes = lambda text, suffixes, indent, force_newline: add_suffixes(
    text, [RENAMED.get(s, s) for s in suffixes], indent, force_newline
)

cases = []


def plain(value):
    """A number that JSON can hold, as short as it can be for its dtype."""
    if isinstance(value, bool):
        return int(value)
    if not math.isfinite(value):
        return str(value)
    return value


def add(name, tensor):
    flat = tensor.detach().flatten()
    data = [plain(v) for v in flat.tolist()]
    if tensor.dtype == torch.float32:
        data = [v if isinstance(v, str) else float(str(x)) for v, x in zip(data, flat.numpy())]
    case = {"name": name, "dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "data": data}
    if tensor.requires_grad:
        case["requiresGrad"] = True
    if tensor.grad_fn is not None:
        case["gradFn"] = "mul"
    cases.append({**case, "expected": str(tensor)})


def random(name, shape, low=-1.0, high=1.0, dtype=torch.float32):
    add(name, torch.empty(shape, dtype=dtype).uniform_(low, high, generator=generator))


def spread(name, shape, low, high, dtype=torch.float32):
    """Both signs, magnitudes evenly spread between 10^low and 10^high."""
    exponents = torch.empty(shape, dtype=torch.float64).uniform_(low, high, generator=generator)
    signs = torch.randint(0, 2, shape, generator=generator) * 2 - 1
    add(name, (signs * 10**exponents).to(dtype))


inf, nan = math.inf, math.nan
generator = torch.Generator().manual_seed(2013)
f64 = torch.float64

# scalars
for value in [0.0, -0.0, 1.0, -1.0, 3.14159265, 1e-5, -2.5e8, 1e8, 1.5e8, 100000000.5, inf, -inf, nan, 0.03125]:
    add(f"scalar {value}", torch.tensor(value))
add("scalar f64", torch.tensor(1 / 3, dtype=f64))
add("scalar f64 tiny", torch.tensor(5e-324, dtype=f64))
add("scalar f64 huge", torch.tensor(-1.7976931348623157e308, dtype=f64))
add("scalar i32", torch.tensor(-7))
add("scalar bool", torch.tensor(True))

# empty
add("empty", torch.empty(0))
add("empty matrix", torch.empty(0, 3))
add("empty in the middle", torch.empty(2, 0, 4))
add("empty f64", torch.empty(0, dtype=f64))
add("empty i32", torch.empty(0, dtype=torch.int64))
add("empty bool matrix", torch.empty(3, 0, dtype=torch.bool))
add("empty requires grad", torch.empty(0, 3, requires_grad=True))

# how floats are written
add("whole floats", torch.tensor([1.0, -20.0, 300.0]))
add("zeros", torch.zeros(2, 3))
add("zeros of both signs", torch.tensor([0.0, -0.0, 0.0]))
add("zeros among fractions", torch.tensor([0.0, -0.0, 0.5, 12.25]))
add("zeros among scientific", torch.tensor([0.0, -0.0, 1e-7, 1.0]))
add("whole floats of a wide range", torch.tensor([1.0, 2.0, 5000.0]))
add("ratio of exactly 1000", torch.tensor([1.0, 1000.0]))
add("ratio just above 1000", torch.tensor([1.0, 1001.0]))
add("fractions, ratio just above 1000", torch.tensor([0.5, 500.5]))
add("the f32 nearest 1e-4 lies below it", torch.tensor([1e-4, 2e-4]))
add("the f64 nearest 1e-4", torch.tensor([1e-4, 2e-4], dtype=f64))
add("1e8 is not scientific", torch.tensor([1e8, 9e7]))
add("above 1e8", torch.tensor([100000008.0, 1e8]))
add("large whole floats", torch.tensor([16777216.0, -99999.0, 12345678.0]))
add("three digits of exponent", torch.tensor([1e-200, -1e150, 2.5], dtype=f64))
add("ties round to even", torch.tensor([k / 32 for k in range(-9, 10, 2)]))
add("ties round to even, f64", torch.tensor([1 + k / 32 for k in range(1, 16)], dtype=f64))
add("scientific ties", torch.tensor([100002.5, 100007.5, 999999.5, 1000015.0, -999975.0, 1.0, 0.1]))
add("scientific tie that carries", torch.tensor([99999.5, 1.0]))
add("negatives widen", torch.tensor([-0.5, 10.25, -100.125]))
add("a minus that rounds away", torch.tensor([-0.00011, 0.05]))

# not finite
add("only inf and nan", torch.tensor([inf, -inf, nan]))
add("inf and nan among whole", torch.tensor([1.0, inf, -inf, nan, 20.0]))
add("inf and nan among fractions", torch.tensor([1.5, inf, -inf, nan, -20.25]))
add("inf and nan among scientific", torch.tensor([1.5e-6, inf, -inf, nan, -20.25]))
add("inf wider than the numbers", torch.tensor([[1.0, -inf], [nan, 2.0]]))
add("nan and zeros", torch.tensor([nan, 0.0, 0.0]))

# ranges and ranks
random("uniform", [5])
random("uniform matrix", [3, 4])
random("uniform positive", [2, 3, 4], 0, 1)
random("uniform 4-d", [2, 2, 2, 3], -10, 10)
random("uniform f64", [4, 2], -100, 100, f64)
random("uniform 1e8", [3, 3], -1e8, 1e8)
random("uniform 1e-8", [3, 3], -1e-8, 1e-8)
spread("magnitudes 1e-8 to 1e8", [4, 3], -8, 8)
spread("magnitudes 1e-3 to 1e-1", [3, 5], -3, -1)
spread("magnitudes 1e2 to 1e4", [6], 2, 4)
spread("magnitudes f64 1e-300 to 1e300", [2, 4], -300, 300, f64)
add("ones in every dimension", torch.ones(1, 1, 1, 1))
add("a column", torch.arange(7.0).reshape(7, 1))
add("5-d", torch.arange(32.0).reshape(2, 2, 2, 2, 2))

# integers and bools
add("i32", torch.tensor([1, -20, 300]))
add("i32 extremes", torch.tensor([[2147483647, -2147483648], [0, 1]]))
add("i32 that wraps", torch.arange(60))
add("bool", torch.tensor([True, False]))
add("bool matrix", torch.tensor([[True, False, True], [False, False, False]]))
add("bool that wraps", torch.arange(40) % 3 == 0)

# lines that wrap
random("long row", [40])
random("long rows", [2, 15])
random("long rows 3-d", [2, 2, 13])
random("long row of scientific", [21], -1e-5, 1e-5)
add("row of exactly the line's width", torch.full([8], 0.12345))
add("row one wider than the line", torch.full([9], 0.12345))
add("long row of zeros", torch.zeros(50))

# summaries
add("1000 elements", torch.arange(1000))
add("1001 elements", torch.arange(1001))
add("1001 floats", torch.arange(1001) / 8)
add("summary hides what would widen", torch.cat([torch.ones(10), torch.full([1], 1e9), torch.ones(1000)]))
add("summary rows and columns", torch.arange(1600.0).reshape(40, 40))
add("summary of long rows", torch.arange(1200.0).reshape(2, 600))
add("summary of many rows", (torch.arange(1200) % 7 / 4).reshape(400, 3))
add("summary of rows at the edge count", (torch.arange(1200) % 5).reshape(200, 6))
add("summary 3-d", (torch.arange(1152) % 11 - 5.0).reshape(8, 12, 12))
add("summary 4-d", (torch.arange(1280) % 4 == 1).reshape(2, 8, 8, 10))
add("summary of wide rows that wrap", torch.full([7, 150], -1.25e-30, dtype=f64))

# suffixes
add("f64 suffix", torch.tensor([1.0, 2.0], dtype=f64))
add("requires grad", torch.tensor([1.0, 2.0], requires_grad=True))
add("grad fn", torch.tensor([1.5, 2.0], requires_grad=True) * 2)
add("grad fn of f64", torch.tensor([[1.5, 2.0], [0.0, 1.0]], dtype=f64, requires_grad=True) * 2)
add("scalar grad fn", torch.tensor(0.5, requires_grad=True) * 3)
for count in range(4, 9):
    row = torch.full([count], 0.25, dtype=f64, requires_grad=True)
    add(f"suffixes after a row of {count}", row)
    add(f"suffixes after two rows of {count}", row.reshape(1, count).expand(2, count) * 1)
add("suffixes after a wrapped row", torch.full([12], 0.25, dtype=f64, requires_grad=True))

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "print.json")
with open(path, "w", encoding="utf-8", newline="\n") as file:
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    file.write(f'{{"torch":"{torch.__version__.split("+")[0]}","cases":[\n{lines}\n]}}\n')
print(len(cases), "cases")
