"""The commands that look after the models: list, compare, title, delete, restore. Light: they load no torch."""

import argparse
import time
from pathlib import Path
from typing import Any

from vae_core.checkpoint.layout import CheckpointSummary, checkpoints_root, read_checkpoint
from vae_core.cli.reporting import Result
from vae_core.collection.changes import delete as move_to_trash
from vae_core.collection.changes import describe, trash
from vae_core.collection.changes import restore as bring_back
from vae_core.collection.comparison import FigureRow, check_number, differing_settings, figures
from vae_core.collection.records import ModelRecord, chosen, find_collection
from vae_core.errors import UserError, shortened

MEGABYTE = 1e6


def models(options: argparse.Namespace) -> Result:
    """Every model as a card of the page shows it, those that cannot be opened, and the trash."""
    root = _root(options.root)
    found, deleted = find_collection(root), trash(root)
    records = chosen(list(found.records.values()), options.search or "", options.sort)
    lines = [_line(record) for record in records]
    lines += [f"broken: {problem}" for problem in found.problems.values()]
    lines += [f"note: {record.summary.about_problem}" for record in records if record.summary.about_problem]
    lines += [
        f"deleted: {model.name}, {time.strftime('%Y-%m-%d %H:%M', time.localtime(model.deleted_at))}"
        f" (python -m vae_core restore {model.name})"
        for model in deleted
    ]
    values = {
        "models": [record.values() for record in records],
        "broken": [str(problem) for problem in found.problems.values()],
        "deleted": [{"name": model.name, "title": model.title, "deleted_at": model.deleted_at} for model in deleted],
    }
    return Result(values, "\n".join(lines) or "No model here.")


def compare(options: argparse.Namespace) -> Result:
    """The settings in which models differ and their figures, side by side."""
    check_number(len(options.checkpoints))
    models = [read_checkpoint(_folder(words)) for words in options.checkpoints]
    settings, measured = differing_settings(models), figures(models)
    rows = [["", *(model.name for model in models)]]
    rows += [[row.title, *("–" if value is None else str(value) for value in row.values)] for row in settings]
    rows += [[row.title, *_figure_cells(row)] for row in measured]
    notes = [f"{row.title}: {row.apart}, so not to be compared{_within(row, models)}." for row in measured if row.apart]
    same = [] if settings else ["No setting differs."]
    values = {
        "models": [str(model.path) for model in models],
        "settings": {row.field: list(row.values) for row in settings},
        "figures": {row.name: _figure_values(row) for row in measured},
    }
    return Result(values, "\n".join([*_table(rows), *same, *notes]))


def rename(options: argparse.Namespace) -> Result:
    """Give a model another title; its folder, and so every link to it, stays as it is."""
    folder = _folder(options.checkpoint)
    about = describe(folder, title=options.title, notes=options.notes)
    return Result(
        {"name": folder.name, "title": about.title or folder.name, "notes": about.notes},
        f"{folder.name} is called {about.title or folder.name}.",
    )


def delete(options: argparse.Namespace) -> Result:
    """Move a model to the trash."""
    folder = _folder(options.checkpoint)
    deleted = move_to_trash(folder)
    return Result(
        {"name": deleted.name, "place": deleted.place},
        f"{deleted.name} is in the trash ({deleted.size / MEGABYTE:,.1f} MB). Bring it back with python -m vae_core "
        f"restore {options.checkpoint}.",
    )


def restore(options: argparse.Namespace) -> Result:
    """Bring the model of a name back that was deleted last."""
    folder = _folder(options.name)
    restored = bring_back(folder.name, root=folder.parent)
    return Result({"name": restored.name, "path": str(restored)}, f"{restored.name} is back: {restored}.")


def _root(words: str | None) -> Path | None:
    root = Path(words) if words else None
    if root and not root.is_dir():
        raise UserError(f"{root}: there is no such folder.")
    return root


def _folder(words: str) -> Path:
    """The folder that is meant: a path, or a bare name in the folder of checkpoints."""
    path = Path(words)
    return checkpoints_root() / path if len(path.parts) == 1 and not path.is_dir() else path


def _within(row: FigureRow, models: list[CheckpointSummary]) -> str:
    """But within which models, where there are any."""
    groups = [" and ".join(models[place].name for place in group) for group in row.alike if len(group) > 1]
    return f" but within {', within '.join(groups)}" if groups else ""


def _figure_cells(row: FigureRow) -> list[str]:
    def words(value: tuple[float, float | None] | None) -> str:
        if value is None:
            return "–"
        return f"{value[0]:.6g}" + ("" if value[1] is None else f" ± {value[1]:.2g}")

    return [words(value) for value in row.values]


def _figure_values(row: FigureRow) -> dict[str, Any]:
    values = [None if value is None else {"value": value[0], "standard_error": value[1]} for value in row.values]
    return {"values": values, "alike": row.alike, "apart": row.apart}


def _table(rows: list[list[str]]) -> list[str]:
    """Lines whose columns stand under each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _line(record: ModelRecord) -> str:
    model = record.summary.model
    measured = record.with_error("elbo")
    elbo = "not evaluated"
    if measured is not None:
        value, error = measured
        elbo = f"ELBO {value:.2f}" + ("" if error is None else f" ± {error:.2f}")
        elbo += "" if record.measured_on is None else f" of {shortened(record.measured_on)}"
    made = "" if record.made_at is None else time.strftime("%Y-%m-%d", time.localtime(record.made_at))
    title = "" if record.title == record.name else f"  {record.title}"
    return (
        f"{record.name:24} {record.data[:16]:16} {model.image_size:3} px × {model.channels} {model.latent_dim:4}-D "
        f"{_millions(record.parameters):>9}  {elbo:24} {made:10}  {record.origin}{title}"
    )


def _millions(count: int | None) -> str:
    return "" if count is None else f"{count / 1e6:.2f} M"
