"""Writes metrics.json: what scikit-learn, SciPy, POT, sacreBLEU and rouge-score say, for test/nn/metrics.test.ts.

pip install scikit-learn==1.9.1 scipy==1.17.1 POT==0.9.7.post1 sacrebleu==2.6.0 rouge-score==0.1.2
python test/golden/metrics.py
"""

import json
import math
import os
import warnings

import numpy as np
import ot
from rouge_score import rouge_scorer
from sacrebleu.metrics import BLEU
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a
from scipy.spatial.distance import cdist, jensenshannon
from scipy.special import rel_entr
from scipy.stats import wasserstein_distance
from sklearn.metrics import (
    confusion_matrix,
    precision_recall_fscore_support,
    top_k_accuracy_score,
)

warnings.filterwarnings("ignore")
random = np.random.default_rng(7)


def plain(x):
    """JSON without NaN and Infinity: those become strings."""
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple, np.ndarray)):
        return [plain(v) for v in x]
    if isinstance(x, (np.floating, float)):
        x = float(x)
        return x if math.isfinite(x) else str(x)
    return x.item() if isinstance(x, np.generic) else x


def classification():
    cases = []
    for classes, n, seen in [(3, 12, 3), (2, 9, 2), (5, 30, 5), (6, 8, 3), (4, 1, 4), (4, 20, 1)]:
        targets = random.integers(0, seen, n)
        predicted = np.where(random.random(n) < 0.5, targets, random.integers(0, classes, n))
        labels = list(range(classes))
        rates = {
            over: confusion_matrix(targets, predicted, labels=labels, normalize=normalize)
            for over, normalize in [("targets", "true"), ("predicted", "pred"), ("all", "all")]
        }
        scores = []
        for average in ["macro", "micro", "weighted", None]:
            for zero in [0, 1, math.nan]:
                p, r, f, _ = precision_recall_fscore_support(
                    targets, predicted, labels=labels, average=average, zero_division=zero
                )
                scores.append(
                    {"average": average or "none", "zeroDivision": zero, "precision": p, "recall": r, "f1": f}
                )
        cases.append(
            {
                "classes": classes,
                "targets": targets,
                "predicted": predicted,
                "matrix": confusion_matrix(targets, predicted, labels=labels),
                "rates": rates,
                "scores": scores,
            }
        )
    return cases


def top_k():
    scores, targets = random.normal(size=(40, 6)), random.integers(0, 6, 40)
    shares = [top_k_accuracy_score(targets, scores, k=k, labels=range(6)) for k in range(1, 7)]
    return {"scores": scores.astype(np.float32), "targets": targets, "shares": shares}


def divergences():
    cases = []
    for classes in [2, 5, 9]:
        p, q = random.dirichlet(np.ones(classes)), random.dirichlet(np.ones(classes))
        p[0] = 0
        p /= p.sum()
        for a, b in [(p, q), (q, p)]:
            cases.append({"p": a, "q": b, "kl": rel_entr(a, b).sum(), "js": jensenshannon(a, b) ** 2})
    return cases


def earth_movers():
    line, matrix = [], []
    for places in [2, 5, 12]:
        p, q = random.dirichlet(np.ones(places)), random.dirichlet(np.ones(places))
        x = np.sort(random.normal(size=places))
        line.append({"p": p, "q": q, "positions": x, "distance": wasserstein_distance(x, x, p, q)})
    for m, n in [(2, 3), (6, 4), (15, 15), (30, 20)]:
        p, q = random.dirichlet(np.ones(m)), random.dirichlet(np.ones(n))
        cost = cdist(random.normal(size=(m, 3)), random.normal(size=(n, 3)))
        matrix.append({"p": p, "q": q, "cost": cost, "distance": ot.emd2(p, q, cost)})
    n = 12  # many plans are the best
    even, cost = np.full(n, 1 / n), random.integers(0, 4, (n, n)).astype(float)
    matrix.append({"p": even, "q": even, "cost": cost, "distance": ot.emd2(even, even, cost)})
    return {"line": line, "matrix": matrix}


# The first corpus is of sacreBLEU's README, which prints 48.5308 for it.
CORPORA = [
    (
        ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."],
        [
            ["The dog bit the man.", "The dog had bit the man."],
            ["It was not unexpected.", "No one was surprised."],
            ["The man bit him first.", "The man had bitten the dog."],
        ],
    ),
    (["aaaaa bbbbb"], [["ccccc ddddd"]]),
    (["this is a test"], [["this is also a test"]]),
    (["a b c"], [["a b c d e"]]),
    (["hello"], [["hello"]]),
    (["the the the the the the the"], [["the cat is on the mat", "there is a cat on the mat"]]),
    (["the cat sat quietly here", "dogs bark"], [["a cat sat quietly there", "the cat sat"], ["dogs bark loudly"]]),
    (["a b c d"], [["a b c d e", "a b d"]]),
    (["", "one two three four five"], [["nothing"], ["one two three four six"]]),
]
SETTINGS = [
    {},
    {"smooth_method": "none"},
    {"smooth_method": "floor"},
    {"smooth_method": "floor", "smooth_value": 0.3},
    {"smooth_method": "add-k"},
    {"smooth_method": "add-k", "smooth_value": 2},
    {"effective_order": True},
    {"max_ngram_order": 2},
]
NAMES = {
    "smooth_method": "smoothing",
    "smooth_value": "smoothingValue",
    "effective_order": "effectiveOrder",
    "max_ngram_order": "maxOrder",
}


def bleu():
    cases = []
    for candidates, references in CORPORA:
        width = max(len(r) for r in references)
        streams = [[r[i] if i < len(r) else None for r in references] for i in range(width)]
        for settings in SETTINGS:
            score = BLEU(force=True, **settings).corpus_score(candidates, streams)
            options = {NAMES[k]: "addK" if v == "add-k" else v for k, v in settings.items()}
            cases.append(
                {
                    "candidates": candidates,
                    "references": references,
                    "options": options,
                    "score": score.score,
                    "precisions": score.precisions,
                    "brevityPenalty": score.bp,
                    "lengths": [score.sys_len, score.ref_len],
                }
            )
    return cases


TEXTS = [
    '"Hello, world!" costs $3.50 (or 1,000 yen), 20% off -- state-of-the-art.',
    "It's 9-to-5 & more; e.g. U.S.A. &amp; &quot;x&quot; <skipped>end-\nofline\nnew",
    "na\u00efve caf\u00e9 \u2014 \u65e5\u672c\u8a9e 1.5.2, a/b@c.org [x]{y}~`z`^_|",
    "",
    "   ",
]

PAIRS = [
    ("The quick brown dog jumps on the log.", ["The quick brown fox jumps over the lazy dog"]),
    ("the gunman kill police", ["police kill the gunman"]),
    ("police killed the gunman", ["police kill the gunman", "the gunman was killed by police"]),
    ("", ["something"]),
    ("word", ["word"]),
    ("Running quickly, 3.5 cats!", ["run quick 3.5 cat", "Cats run quickly"]),
    ("a b c a b c a b", ["a b a b c", "c c c b b a"]),
]


def rouge():
    scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"])
    cases = []
    for candidate, references in PAIRS:
        scores = scorer.score_multi(references, candidate)
        named = {k: {"precision": v.precision, "recall": v.recall, "f1": v.fmeasure} for k, v in scores.items()}
        cases.append({"candidate": candidate, "references": references, "scores": named})
    return cases


answers = {
    "classification": classification(),
    "topK": top_k(),
    "divergences": divergences(),
    "earthMovers": earth_movers(),
    "bleu": bleu(),
    "tokens13a": [{"text": text, "tokens": Tokenizer13a()(text).split()} for text in TEXTS],
    "rouge": rouge(),
}
path = os.path.join(os.path.dirname(__file__), "metrics.json")
with open(path, "w", encoding="utf-8") as file:
    json.dump(plain(answers), file, ensure_ascii=False, separators=(",", ":"))
    file.write("\n")
