"""A model in words and figures: what its card and the table's row say of it."""

import html
import time
from urllib.parse import quote

from serving.collection_routes import DOWNLOAD
from serving.public_files import MODELS_ADDRESS, for_visitors
from ui.model_picker import DATA_NAMES
from ui.plain_words import one_line_of
from ui.signed import signed
from vae_core.checkpoint.layout import SAMPLES_FILE
from vae_core.collection.records import ModelRecord

NATS = "nats an image, under the model's own prior, N(0, I) unless it has learned another; ± one standard error"
SCORES = {"mutual_information_gap": "MIG", "dci_disentanglement": "DCI", "factor_vae_score": "FactorVAE"}
ORIGINS = {
    "shipped": "came with the software",
    "trained here": "trained here",
    "imported": "imported",
    "copied here": "copied here",
}
# What st.html shows has no theme of its own: muted is what is nearer to the ground.
STYLE = """<style>
.model-card h3 {font-size: 1.1rem; margin: 0; padding: .5rem 0 .1rem; overflow-wrap: anywhere}
.model-card img {display: block; width: 100%; aspect-ratio: 3.04; object-fit: contain; object-position: left;
  border-radius: .3rem; color: color-mix(in srgb, currentColor 65%, transparent); font-size: .85rem}
.model-card p {margin: 0 0 .3rem; font-size: .92rem; overflow-wrap: anywhere}
.model-card .quiet {color: color-mix(in srgb, currentColor 68%, transparent); font-size: .85rem}
.model-card table {border-collapse: collapse; font-size: .92rem; margin: .1rem 0 .4rem}
.model-card th {font-weight: 400; text-align: left; padding: 0 .8rem 0 0; border: 0;
  color: color-mix(in srgb, currentColor 68%, transparent)}
.model-card a {color: inherit}
.model-card td {font-variant-numeric: tabular-nums; padding: 0; border: 0}
.model-card .notes {white-space: pre-wrap; display: -webkit-box; -webkit-line-clamp: 3; -webkit-box-orient: vertical;
  overflow: hidden}
</style>"""


def data_name(record: ModelRecord) -> str:
    """The data set as people know it; one's own images by their own name, though it be one of the catalogue's."""
    own = record.summary.training.data != record.data
    return record.data if own else DATA_NAMES.get(record.data, record.data)


def count_words(count: int) -> str:
    """A number of parameters, to two or three digits."""
    if count < 1000:
        return str(count)
    scaled, unit = (count / 1e3, "k") if count < 1e6 else (count / 1e6, "M")
    return f"{scaled:.3g} {unit}" if scaled < 1000 else f"{scaled:,.0f} {unit}"


def size_words(size: int) -> str:
    """Bytes on the disk."""
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"


def day(seconds: float | None) -> str | None:
    """A date, where it is known."""
    return None if seconds is None else time.strftime("%d %B %Y", time.localtime(seconds)).lstrip("0")


def with_error(measured: tuple[float, float | None] | None) -> str | None:
    """A figure, with its standard error where that was measured."""
    if measured is None:
        return None
    value, error = measured
    return f"{signed(value, 1)}{'' if error is None else f' ± {error:,.1f}'}"


def figures(record: ModelRecord) -> dict[str, str]:
    """What was measured of a model, and on which images, where these are not its own."""
    latent, active = record.summary.model.latent_dim, record.summary.figure("active_units")
    found = {
        "Measured on": None if record.measured_on is None else one_line_of(record.measured_on),
        "ELBO": with_error(record.with_error("elbo")),
        "NLL": with_error(record.with_error("negative_log_likelihood")),
        "Active units": None if active is None else f"{active:g} of {latent}",
        "Disentanglement": _scores(record),
    }
    return {name: value for name, value in found.items() if value is not None}


def _scores(record: ModelRecord) -> str | None:
    """How far each known factor has a latent dimension of its own, by three scores from 0 to 1."""
    found = {words: record.summary.disentanglement(name) for name, words in SCORES.items()}
    return " · ".join(f"{words} {score:.2f}" for words, score in found.items() if score is not None) or None


def download_address(record: ModelRecord) -> str:
    """Where the model is handed out as a ZIP, relative to the page."""
    return f"{MODELS_ADDRESS}{quote(record.name)}/{DOWNLOAD}"


def card_html(record: ModelRecord) -> str:
    """All of a card but its buttons. Words of others are escaped, and no longer than anybody reads."""
    model, about = record.summary.model, record.summary.about
    dimensions = f"{model.latent_dim} latent dimension{'s' * (model.latent_dim > 1)}"
    facts = [
        data_name(record),
        f"{model.image_size} × {model.image_size} px, {'grey' if model.channels == 1 else 'colour'}",
        dimensions,
        *([] if record.parameters is None else [f"{count_words(record.parameters)} parameters"]),
    ]
    origin = ORIGINS[record.source] + (f" ({record.way})" if record.way else "")
    came = [part for part in (day(record.made_at), origin, size_words(record.size)) if part]
    rows = "".join(f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in figures(record).items())
    table = f'<table title="{NATS}">{rows}</table>' if rows else '<p class="quiet">Not measured yet.</p>'
    notes = f'<p class="notes">{html.escape(about.notes)}</p>' if about.notes else ""
    wrong = record.summary.about_problem
    problem = f'<p class="quiet">{html.escape(for_visitors(wrong))}</p>' if wrong else ""
    link = f'<a href="{html.escape(download_address(record))}" download>Download</a>'
    return (
        f'<div class="model-card">{_samples(record)}<h3>{html.escape(one_line_of(record.title))}</h3>'
        f"<p>{_listed(facts)}</p>{table}{notes}{problem}"
        f'<p class="quiet">{_listed(came)} · {link}</p></div>'
    )


def _listed(parts: list[str]) -> str:
    return " · ".join(html.escape(one_line_of(part)) for part in parts)


def _samples(record: ModelRecord) -> str:
    """The picture has its place before it is there; one that has never been drawn is drawn when it is asked for."""
    version = f"?v={record.samples}" if record.samples else ""
    address = f"{MODELS_ADDRESS}{quote(record.name)}/{SAMPLES_FILE}{version}"
    alt = f"What {one_line_of(record.title)} draws from its prior"
    return f'<img src="{html.escape(address)}" alt="{html.escape(alt)}" loading="lazy">'
