"""log p(x) of binarised images beside published figures: `python -m benchmarks.likelihood --rows gated --seeds 0 1 2`.

Dynamically binarised MNIST and Fashion-MNIST, 50,000 images to train on, 10,000 to validate with and 10,000 to test on.
Each row is a model whose like was published, trained on one core; `pythae` is pythae's own default VAE, trained by its
own trainer for as many CPU minutes as `gated` took in the same call. All are judged alike: log p(x) by importance
sampling with 5,000 samples on 2,000 test images drawn at random, carried over to all 10,000 by the ELBO.

What a call has measured is added to `benchmarks/results/likelihood.json`, with the command that made it; the table
that is printed, and kept beside it as `likelihood.md`, is of all that is kept there, and `--rows` with nothing after it
makes it alone. In the table, ± of one seed is the standard error over test images; of several it is their standard
deviation, as it is of the published figures. The last line is a JSON object: each row's name, and the mean of its seeds
in nats.
"""

import argparse
import json
import shlex
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import torch

from benchmarks.likelihood_rival import rival
from harness.server import ROOT
from vae_core import ModelConfig, TrainConfig, load_checkpoint, load_dataset, train
from vae_core.data.dataset import Dataset
from vae_core.evaluation import evaluate
from vae_core.files import write_text
from vae_core.fitting import fit_prior
from vae_core.model.vae import VAE
from vae_core.training.events import EpochEnded, Event

RESULTS = ROOT / "benchmarks" / "results" / "likelihood.json"
PAGE = RESULTS.with_suffix(".md")
SAMPLES, JUDGED = 5_000, 2_000
EXEMPLAR = "Norouzi et al. (2020), table 2"
BURDA = "Burda et al. (2016), table 1"
TWO_LAYERS: dict[str, Any] = {"network": "mlp", "likelihood": "bernoulli", "hidden_layers": 2}
GATED = TWO_LAYERS | {"latent_dim": 40, "hidden_units": 300, "activation": "gated"}
TANH = TWO_LAYERS | {"latent_dim": 50, "hidden_units": 200, "activation": "tanh"}
TRAINING: dict[str, Any] = {
    "binarise": "dynamic",
    "validation_fraction": 1 / 6,
    "batch_size": 128,
    "learning_rate": 2e-3,
    "gradient_clip": 50.0,  # of the loss in nats; once in thousands of steps one would throw a run off
    "ema_decay": 0.999,
}
LONG: dict[str, Any] = {"epochs": 400, "warm_up": 100}  # β rises as it did where these figures were published


@dataclass(frozen=True)
class Row:
    """A model and what was published of its like: nats, their deviation over runs where it was told, and where."""

    title: str
    data: str
    published: float
    deviation: float | None
    source: str
    model: dict[str, Any]
    training: dict[str, Any]


ROWS = {
    "gated": Row("gated 2 × 300, N(0, I)", "mnist", 84.45, 0.12, EXEMPLAR, GATED, LONG),
    "gated-mixture": Row(
        "gated 2 × 300, learned mixture (published: VampPrior)",
        "mnist",
        82.43,
        0.06,
        EXEMPLAR,
        GATED | {"prior": "mixture", "components": 500},
        {"epochs": 200},
    ),
    "gated-flow": Row(
        "gated 2 × 300, learned flow (published: VampPrior)",
        "mnist",
        82.43,
        0.06,
        EXEMPLAR,
        GATED | {"prior": "flow", "coupling_units": 128},
        {"epochs": 200, "warm_up": 40},
    ),
    "tanh": Row("tanh 2 × 200", "mnist", 86.76, None, BURDA, TANH, {"epochs": 300}),
    "iwae-50": Row("tanh 2 × 200, IWAE of 50", "mnist", 84.78, None, BURDA, TANH, {"epochs": 30, "samples": 50}),
    "fashion": Row("gated 2 × 300, N(0, I)", "fashion-mnist", 228.70, 0.15, EXEMPLAR, GATED, LONG),
    "fashion-flow": Row(
        "gated 2 × 300, learned flow (published: VampPrior)",
        "fashion-mnist",
        227.35,
        0.05,
        EXEMPLAR,
        GATED | {"prior": "flow", "coupling_units": 128},
        LONG,
    ),
}
RIVAL = "pythae"


@dataclass(frozen=True)
class Result:
    """One training and what it came to, in nats an image under the model's own prior and under one fitted to it."""

    row: str
    seed: int
    negative_log_likelihood: float
    standard_error: float
    elbo: float
    fitted_prior_negative_log_likelihood: float | None
    epochs: int
    cpu_minutes: float
    judging_cpu_minutes: float
    command: str


def say(text: str) -> None:
    """Tell how far the benchmark is, beside its result."""
    print(text, file=sys.stderr, flush=True)


def tell(event: Event) -> None:
    """Every tenth epoch's bound."""
    if isinstance(event, EpochEnded) and event.metrics.epoch % 10 == 0 and event.metrics.validation:
        say(f"  epoch {event.metrics.epoch}: validation ELBO {event.metrics.validation.bound:.2f}")


def trained(row: Row, seed: int, epochs: int, dataset: Dataset, folder: Path) -> VAE:
    """A row's model, with the weights that are kept of a run."""
    model = ModelConfig.parse(row.model | {"image_size": dataset.image_size, "channels": dataset.channels})
    training = TrainConfig.parse({"data": row.data, **TRAINING, **row.training, "epochs": epochs, "seed": seed})
    result = train(dataset, model, training, folder / "run", device="cpu", listener=tell)
    return load_checkpoint(result.path).model


def measured(name: str, seed: int, options: argparse.Namespace, cpu_minutes: float) -> Result:
    """Trains a row, or the rival for so many CPU minutes, and judges it."""
    row = ROWS["gated" if name == RIVAL else name]
    dataset, test = (load_dataset(row.data, split, data_dir=options.data_dir) for split in ("train", "test"))
    epochs = options.epochs or row.training["epochs"]
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        if name == RIVAL:
            model, epochs = rival(dataset, row.model["latent_dim"], seed, 60 * cpu_minutes)
        else:
            model = trained(row, seed, epochs, dataset, Path(folder))
    trained_at = time.process_time()
    seen = TrainConfig.parse({"data": row.data, **TRAINING})
    fitted = None
    if model.learned_prior is None:
        fitted = fit_prior(model, dataset.as_seen(seen), seed=seed)
    evaluation = evaluate(model, test.as_seen(seen), samples=SAMPLES, likelihood_images=JUDGED, prior=fitted)
    judged_at = time.process_time()
    return Result(
        name,
        seed,
        evaluation.negative_log_likelihood,
        evaluation.negative_log_likelihood_standard_error or 0.0,
        evaluation.elbo,
        evaluation.fitted_prior_negative_log_likelihood,
        epochs,
        (trained_at - began) / 60,
        (judged_at - trained_at) / 60,
        shlex.join(["python", "-m", "benchmarks.likelihood", *sys.argv[1:]]),
    )


def kept() -> list[Result]:
    """What earlier calls have measured."""
    return [Result(**one) for one in json.loads(RESULTS.read_text())] if RESULTS.exists() else []


def keep(result: Result) -> None:
    """In place of what the same row and seed came to before."""
    others = [one for one in kept() if (one.row, one.seed) != (result.row, result.seed)]
    order = [*ROWS, RIVAL]
    rows = sorted([*others, result], key=lambda one: (order.index(one.row), one.seed))
    write_text(RESULTS, json.dumps([asdict(one) for one in rows], indent=2) + "\n")


def table(results: Sequence[Result]) -> str:
    """All rows beside what was published, as Markdown."""
    lines = [
        "| model | data | published | ours | seeds | less published | with a fitted prior | epochs | CPU min |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, group in groupby(results, key=lambda one: one.row):
        ours = list(group)
        nats = [one.negative_log_likelihood for one in ours]
        mean = statistics.fmean(nats)
        error = statistics.stdev(nats) if len(nats) > 1 else ours[0].standard_error
        row = ROWS["gated" if name == RIVAL else name]
        title = "pythae's default VAE and trainer" if name == RIVAL else row.title
        published = "" if name == RIVAL else f"{row.published:.2f}{f' ± {row.deviation}' if row.deviation else ''}"
        gap = "" if name == RIVAL else f"{mean - row.published:+.2f}"
        fitted = [one.fitted_prior_negative_log_likelihood for one in ours]
        under_fitted = f"{statistics.fmean(found):.2f}" if (found := [one for one in fitted if one is not None]) else ""
        minutes = statistics.fmean(one.cpu_minutes for one in ours)
        lines.append(
            f"| {title} | {row.data} | {published} | {mean:.2f} ± {error:.2f} | {len(ours)} | {gap} | {under_fitted} "
            f"| {ours[0].epochs} | {minutes:.0f} |"
        )
    sources = {row.source for row in ROWS.values()}
    return "\n".join([*lines, "", f"Published: {'; '.join(sorted(sources))}."])


def page(results: Sequence[Result]) -> str:
    """The table, with what it needs to be understood and the commands that make it, for people who read the files."""
    commands = dict.fromkeys(one.command for one in results)  # each once, in the table's order
    return "\n".join(
        [
            "# log p(x) of binarised images, beside published figures",
            "",
            "Dynamically binarised MNIST and Fashion-MNIST: 50,000 images to train on, 10,000 to validate with.",
            "Nats an image of the 10,000 test images, −log p(x) by importance sampling with 5,000 samples: less is",
            "better. ± is the standard error over images where there is one seed, the standard deviation over seeds",
            "where there are more; minutes are those of one core, for training alone. A fitted prior is a mixture of",
            "Gaussians that finished models of N(0, I) get afterwards.",
            "",
            table(results),
            "",
            "Made by, from the project's folder:",
            "",
            "```sh",
            *commands,
            "```",
            "",
        ]
    )


def main() -> None:
    """Train and judge the rows that were asked for, keep what they came to, and print the table of all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", nargs="*", choices=[*ROWS, RIVAL], default=["gated", RIVAL])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--epochs", type=int, help="in place of a row's own")
    parser.add_argument("--data-dir", help="where MNIST and Fashion-MNIST lie")
    options = parser.parse_args()
    torch.set_num_threads(1)
    cpu_minutes = next((one.cpu_minutes for one in kept() if one.row == "gated"), 10.0)
    for name in options.rows:
        for seed in options.seeds:
            say(f"{name}, seed {seed} …")
            result = measured(name, seed, options, cpu_minutes)
            say(f"{name}, seed {seed}: {result.negative_log_likelihood:.2f} in {result.cpu_minutes:.1f} CPU minutes")
            if name == "gated":
                cpu_minutes = result.cpu_minutes
            keep(result)
    results = kept()
    write_text(PAGE, page(results))
    print(table(results))
    means = {
        name: statistics.fmean(one.negative_log_likelihood for one in group)
        for name, group in groupby(results, key=lambda one: one.row)
    }
    print(json.dumps({name: round(mean, 3) for name, mean in means.items()}))


if __name__ == "__main__":
    main()
