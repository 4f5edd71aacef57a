"""Modules and functions that ../vectors does not have, as PyTorch computes them: same schema, made by the same functions.

    python3 modules.py --seed 1
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, '../vectors/generate.py')) as file:
    shared = file.read()
sys.argv += ['--out', HERE] if '--out' not in sys.argv else []
# The helpers of the first script, up to its first group, with the version that runs them.
shared = shared.replace("'1.13.1 (Debian 1.13.1+dfsg-4; torch.__version__ = %s)' % torch.__version__", 'torch.__version__')
shared = shared.replace("torch='1.13.1'", 'torch=torch.__version__')
exec(shared[: shared.index('# ------------------------------------------------------------------ cross entropy')])

group = Group('more_modules', 'activations, dropout in evaluation, products of two inputs, attention, weight normalisation')
generator = torch.Generator()
generator.manual_seed(SEED)


def normal(*shape):
    return rn(generator, *shape)


class Modules:
    """`nn`, whose modules take parameters from the inputs that have their names."""

    def __init__(self, given):
        self.given = given
        self.utils = self

    def __getattr__(self, name):
        return lambda *args, **options: self.bound(getattr(nn, name)(*args, **options))

    def weight_norm(self, module, *args, **options):
        return self.bound(nn.utils.weight_norm(module.module, *args, **options))

    def bound(self, module):
        module = module.double()

        def call(*inputs):
            parameters = {name: self.given[name] for name, _ in module.named_parameters()}
            return torch.func.functional_call(module, parameters, inputs)

        call.module = module
        call.eval = lambda: self.bound(module.eval())
        return call


def case(expression, arguments={}, **inputs):
    def run(given, args):
        result = eval(expression, {**globals(), 'nn': Modules(given), **given, **args})
        return [result] if isinstance(result, torch.Tensor) else result

    count = len(run(inputs, arguments))
    names = ('out',) if count == 1 else tuple(f'out{k}' for k in range(count))
    name = f'{len(group.cases):02d}_' + ''.join(c if c.isalnum() else '_' for c in expression)[:40]
    group.case(name, expression, inputs, arguments, outs=names, fn=run)


x = lambda: normal(3, 4) * 2
for module in ('SELU', 'CELU', 'CELU(0.5)', 'CELU(alpha=2.)', 'Hardsigmoid', 'Hardswish', 'Hardtanh', 'Hardtanh(-0.5, 0.7)', 'Tanhshrink',
               'Hardshrink', 'Hardshrink(1.)', 'Softshrink', 'Softshrink(lambd=0.2)', 'Threshold(0.3, -2.)', 'GLU', 'GLU(dim=1)',
               'Softmin(dim=0)', 'Identity', 'Flatten', 'Flatten(0)', 'Unflatten(1, (2, 2))'):
    case(f'nn.{module}' + ('(x)' if module.endswith(')') else '()(x)'), x=x())
for module in ('Dropout1d', 'Dropout2d', 'AlphaDropout', 'FeatureAlphaDropout'):
    case(f'nn.{module}(0.4).eval()(x)', x=normal(2, 3, 4, 2) if module == 'Dropout2d' else normal(2, 3, 4))
case('nn.PReLU()(x)', x=x(), weight=normal(1))
case('nn.PReLU(4)(x)', x=normal(2, 4, 3), weight=normal(4))
case('nn.Bilinear(3, 4, 2)(x, y)', x=normal(5, 3), y=normal(5, 4), weight=normal(2, 3, 4), bias=normal(2))
case('nn.Bilinear(3, 4, 2, bias=False)(x, y)', x=normal(2, 5, 3), y=normal(2, 5, 4), weight=normal(2, 3, 4))
case('F.bilinear(x, y, w, b)', x=normal(3), y=normal(4), w=normal(2, 3, 4), b=normal(2))
case('nn.CosineSimilarity(dim=0)(x, y)', x=x(), y=x())
case('nn.PairwiseDistance(p=3., eps=1e-3, keepdim=True)(x, y)', x=x(), y=x())
q, k, v = (2, 3, 4), (2, 5, 4), (2, 5, 3)
case('F.scaled_dot_product_attention(q, k, v)', q=normal(*q), k=normal(*k), v=normal(*v))
case('F.scaled_dot_product_attention(q, k, v, is_causal=True)', q=normal(*q), k=normal(*k), v=normal(*v))
case('F.scaled_dot_product_attention(q, k, v, attn_mask=m, scale=0.3)', q=normal(*q), k=normal(*k), v=normal(*v),
     m=torch.tensor([[True, False, True, True, False], [False] * 5, [True] * 5]))
case('F.scaled_dot_product_attention(q, k, v, b)', q=normal(*q), k=normal(*k), v=normal(*v), b=normal(3, 5))
case('nn.utils.weight_norm(nn.Linear(4, 3))(x)', x=x(), weight_g=normal(3, 1), weight_v=normal(3, 4), bias=normal(3))
case('nn.utils.weight_norm(nn.Linear(4, 3, bias=False), dim=1)(x)', x=x(), weight_g=normal(1, 4), weight_v=normal(3, 4))
case('nn.utils.weight_norm(nn.GRUCell(3, 2), "weight_hh")(x, h)', x=normal(4, 3), h=normal(4, 2), weight_ih=normal(6, 3),
     weight_hh_g=normal(6, 1), weight_hh_v=normal(6, 2), bias_ih=normal(6), bias_hh=normal(6))
case('torch.atan2(x, y)', x=torch.tensor([0.0, -0.0, 1.0], dtype=f64), y=torch.zeros(3, dtype=f64))
case('x.sum(dim=[])', x=x())
case('torch.amax(x, dim=())', x=x())
case('torch.narrow(x, 1, -2, 2)', x=x())
case('F.linear(x, w)', x=x(), w=normal(4))
group.save()
