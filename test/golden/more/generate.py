"""Losses that ../vectors does not have, as PyTorch computes them: same schema, made by the same functions.

    python3 generate.py --seed 1
"""

import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, '../vectors/generate.py')) as file:
    shared = file.read()
sys.argv += ['--out', HERE] if '--out' not in sys.argv else []
# The helpers of the first script, up to its first group.
exec(shared[: shared.index('# ------------------------------------------------------------------ cross entropy')])

group = Group('more_losses', 'margins, similarities, counts, CTC')
generator = torch.Generator()
generator.manual_seed(SEED)


def normal(*shape):
    return rn(generator, *shape)


def positive(*shape):
    return normal(*shape).abs() + 0.4


def signs(n):
    return torch.tensor([1.0, -1.0] * n, dtype=f64)[:n]


def labels(classes, *shape, low=0):
    return ri(generator, classes, *shape, lo=low)


def case(name, expression, arguments, **inputs):
    def run(given, args):
        return eval(expression, {**globals(), **given, **args})

    wrt = [key for key in inputs if key in 'xyzv']  # t: targets, w: weights
    group.case(name, expression, inputs, arguments, outs=('out',), fn=run, wrt=wrt)


for reduction in ('mean', 'sum', 'none'):
    options = dict(reduction=reduction)

    def loss(name, expression, **inputs):
        case(f'{name}_{reduction}', expression, options, **inputs)

    x, y = normal(4) * 2, normal(4)
    loss('smooth_l1_of_0', 'F.smooth_l1_loss(x, y, reduction=reduction, beta=0.0)', x=x, y=y)
    loss('smooth_l1', 'nn.SmoothL1Loss(reduction=reduction, beta=0.5)(x, y)', x=x, y=y)
    loss('huber', 'nn.HuberLoss(reduction=reduction, delta=0.5)(x, y)', x=x, y=y)
    loss('soft_margin', 'F.soft_margin_loss(x, t, reduction=reduction)', x=x, t=signs(4))
    loss('hinge_embedding', 'nn.HingeEmbeddingLoss(margin=0.7, reduction=reduction)(x, t)', x=x, t=signs(4))
    loss('margin_ranking', 'F.margin_ranking_loss(x, y, t, margin=0.3, reduction=reduction)', x=x, y=y, t=signs(4))
    a, b, c = normal(4, 3), normal(4, 3), normal(4, 3)
    loss('cosine_embedding', 'F.cosine_embedding_loss(x, y, t, margin=0.1, reduction=reduction)', x=a, y=b, t=signs(4))
    loss('triplet', 'F.triplet_margin_loss(x, y, z, reduction=reduction)', x=a, y=b, z=c)
    loss('triplet_swap', 'nn.TripletMarginLoss(margin=2.0, p=3, swap=True, reduction=reduction)(x, y, z)', x=a, y=b, z=c)
    loss('multi_margin', 'F.multi_margin_loss(x, t, reduction=reduction)', x=a, t=labels(3, 4))
    loss('multi_margin_p2', 'F.multi_margin_loss(x, t, 2, 0.5, w, reduction=reduction)', x=a, t=labels(3, 4), w=positive(3))
    places = torch.tensor([[1, -1, -1], [0, 2, -1], [2, 1, 0], [-1, 1, 2]])
    loss('multilabel_margin', 'F.multilabel_margin_loss(x, t, reduction=reduction)', x=a, t=places)
    several = (normal(4, 3) > 0).to(f64)
    loss('multilabel_soft', 'F.multilabel_soft_margin_loss(x, t, w, reduction=reduction)', x=a, t=several, w=positive(3))
    loss('gaussian', 'F.gaussian_nll_loss(x, y, v, full=True, reduction=reduction)', x=x, y=y, v=positive(4))
    loss('gaussian_rows', 'F.gaussian_nll_loss(x, y, v, reduction=reduction)', x=a, y=b, v=positive(4, 1))
    loss('poisson', 'F.poisson_nll_loss(x, t, reduction=reduction)', x=y, t=positive(4))
    loss('poisson_full', 'F.poisson_nll_loss(x, t, False, True, reduction=reduction)', x=positive(4), t=positive(4) * 3)
    case(
        f'ctc_{reduction}',
        'F.ctc_loss(x.log_softmax(2), t, times, lengths, blank=blank, reduction=reduction)',
        dict(reduction=reduction, times=[6, 5, 6], lengths=[2, 1, 3], blank=0),
        x=normal(6, 3, 4),
        t=labels(4, 3, 3, low=1),
    )
group.save()

# The first script names the version that it was run with.
path = os.path.join(HERE, 'more_losses.json')
with open(path) as file:
    manifest = json.load(file)
with open(path, 'w') as file:
    json.dump({**manifest, 'torch': torch.__version__.split('+')[0]}, file, indent=1)
