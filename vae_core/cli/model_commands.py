"""The commands that measure a checkpoint or map it: options in, a call of the package, a result out."""

import argparse
from pathlib import Path

from vae_core.checkpoint.card import with_error, write_card
from vae_core.checkpoint.layout import METRICS_FILE, SAMPLES_FILE, read_checkpoint
from vae_core.checkpoint.weights import load_checkpoint
from vae_core.cli.arguments import given_options
from vae_core.cli.data_commands import check_at_least_one, dataset_of
from vae_core.cli.reporting import ProgressLine, Result
from vae_core.disentanglement import factor_numbers
from vae_core.errors import UserError
from vae_core.evaluation import evaluate
from vae_core.explorer_files.publishing import renew_factors, renew_prior, shows
from vae_core.explorer_files.writer import project_checkpoint
from vae_core.files import write_json
from vae_core.films.samples import keep_samples
from vae_core.fitting import keep_fitted_prior
from vae_core.projection.umap_settings import UmapSettings
from vae_core.runs.by_hand import training_by_hand
from vae_core.runs.doctor import sentence_on
from vae_core.training.workers import choose_device


def evaluate_checkpoint(options: argparse.Namespace) -> Result:
    """Measure a checkpoint on a data set; keep the figures and rewrite its model card."""
    check_at_least_one("samples", options.samples)
    check_at_least_one("likelihood-images", options.likelihood_images)
    checkpoint = load_checkpoint(options.checkpoint, choose_device(options.device))
    dataset = dataset_of(options, checkpoint.summary, options.split)
    if options.factors and len(factor_numbers(dataset.columns)[0]) < 2:
        raise UserError(f"--factors: {dataset.name} has no table of two factors or more beside its images.")
    folder = Path(options.checkpoint)
    line = ProgressLine()
    with training_by_hand(folder):
        evaluation = evaluate(
            checkpoint.model,
            dataset,
            samples=options.samples,
            likelihood_images=options.likelihood_images,
            seed=options.seed,
            prior=checkpoint.fitted_prior,
            factors=options.factors,
            progress=line,
        )
        line.finish()
        write_json(folder / METRICS_FILE, evaluation.to_json())
        write_card(folder, to_know=sentence_on(folder))
    scores = evaluation.disentanglement
    text = (
        f"ELBO {with_error(evaluation.elbo, evaluation.elbo_standard_error)} nats = "
        f"{evaluation.log_likelihood:.2f} − KL {evaluation.kl:.2f}; "
        f"NLL {with_error(evaluation.negative_log_likelihood, evaluation.negative_log_likelihood_standard_error)}; "
        f"{evaluation.active_units} of {checkpoint.summary.model.latent_dim} dimensions active."
    )
    if evaluation.fitted_prior_elbo is not None and evaluation.fitted_prior_negative_log_likelihood is not None:
        error = evaluation.fitted_prior_elbo_standard_error
        nll, nll_error = (
            evaluation.fitted_prior_negative_log_likelihood,
            evaluation.fitted_prior_negative_log_likelihood_standard_error,
        )
        text += (
            f"\nUnder the fitted prior: ELBO {with_error(evaluation.fitted_prior_elbo, error)} nats; "
            f"NLL {with_error(nll, nll_error)}."
        )
    if scores is not None:
        text += (
            f"\nFactors {', '.join(scores.factors)}: MIG {scores.mutual_information_gap:.3f}; DCI disentanglement "
            f"{scores.dci_disentanglement:.3f}, completeness {scores.dci_completeness:.3f}, informativeness "
            f"{scores.dci_informativeness:.3f}; FactorVAE score {scores.factor_vae_score:.3f}."
        )
    elif options.factors:
        text += (
            "\nThe images that have a word on each factor are too few, or differ in fewer than two: how far dimensions "
            "hold them can't be told."
        )
    return Result(evaluation.to_json(), text)


def project(options: argparse.Namespace) -> Result:
    """Draw a checkpoint's map and write its explorer files."""
    check_at_least_one("points", options.points)
    given = given_options(options, "umap")
    settings = UmapSettings.parse(given) if given else None
    summary = read_checkpoint(options.checkpoint)
    dataset = dataset_of(options, summary, "train")
    line = ProgressLine()
    with training_by_hand(Path(options.checkpoint)):
        keep_fitted_prior(options.checkpoint, dataset, seed=options.seed, progress=line)  # the map takes it along
        manifest = project_checkpoint(
            options.checkpoint,
            dataset,
            method=options.method,
            settings=settings,
            axes=tuple(number - 1 for number in options.axes) if options.axes else None,
            points=options.points,
            seed=options.seed,
            progress=line,
        )
    line.finish()
    described = manifest.model_dump(mode="json")["map"]
    text = (
        f"{summary.name}: {described['count']:,} of {described['total']:,} images mapped by {described['method']}, "
        f"trustworthiness {described['trustworthiness']:.3f}. Open it on the Explore page."
    )
    return Result(described, text)


def fit_prior(options: argparse.Namespace) -> Result:
    """Fit a checkpoint's prior to its training images, and take it to its map."""
    summary = read_checkpoint(options.checkpoint)
    dataset = dataset_of(options, summary, "train")
    line = ProgressLine()
    is_shown = True
    with training_by_hand(Path(options.checkpoint)):
        prior = keep_fitted_prior(options.checkpoint, dataset, seed=options.seed, progress=line)
        if prior is None:
            raise UserError(f"{summary.name} has learned its prior along with its weights: none is fitted afterwards.")
        checkpoint = load_checkpoint(options.checkpoint)
        keep_samples(checkpoint)
        if summary.explorer_manifest is not None:
            folder = summary.explorer_manifest.parent
            is_shown = shows(folder, checkpoint.model, dataset)
            if is_shown:
                renew_prior(folder, prior)
    line.finish()
    components = len(prior.log_weights)
    text = (
        f"{summary.name}: a mixture of {components} Gaussian{'s' * (components > 1)} over {summary.model.latent_dim} "
        "latent dimensions."
    )
    if not is_shown:
        text += "\nIts map is of earlier weights and stays as it is: draw it anew with `python -m vae_core project`."
    return Result({"components": components}, text)


def find_factors(options: argparse.Namespace) -> Result:
    """Say which factor of the images' table each latent dimension holds, in the map that is there."""
    summary = read_checkpoint(options.checkpoint)
    if summary.explorer_manifest is None:
        raise UserError(f"{summary.name} has no map yet: draw it with `python -m vae_core project`.")
    with training_by_hand(Path(options.checkpoint)):
        manifest = renew_factors(summary.explorer_manifest.parent, dataset_of(options, summary, "train"))
    factors = manifest.latent.factors or []
    lines = [f"z{place}: {factor.name}, {factor.share:.0%} of it" for place, factor in enumerate(factors, 1) if factor]
    text = f"{summary.name}: {'; '.join(lines) or 'no dimension holds a factor of a table beside the images'}."
    return Result({"factors": [factor and factor.model_dump() for factor in factors]}, text)


def samples(options: argparse.Namespace) -> Result:
    """Draw the samples that stand on each model's card."""
    paths = [Path(words) / SAMPLES_FILE for words in options.checkpoints]
    for path in paths:
        keep_samples(load_checkpoint(path.parent))
    text = "\n".join(f"{path}: {path.stat().st_size:,} bytes." for path in paths)
    return Result({"files": [str(path) for path in paths]}, text)
