"""Does the doctor name what is wrong, and leave healthy runs in peace: `python -m benchmarks.doctor`.

Two dozen runs made wrong on purpose and two dozen healthy ones, each of some seconds on one core.

    named_rightly       wrong runs whose one finding is of the kind that they were made with
    healthy_accused     healthy runs of which anything is said
    while_training      healthy runs of which anything is said at the end of any earlier epoch
    still_accused       with `--mend`: mended runs of which anything is said

Finished runs stay in the folder that `--runs` names and are judged again without being trained again. MNIST is read
from LATENT_EXPLORER_DATA, or downloaded.
"""

import argparse
import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.doctor_cases import HEALTHY, WRONG, Case
from vae_core import load_dataset, train
from vae_core.checkpoint.layout import CONFIG_FILE
from vae_core.config import Crop, ModelConfig, TrainConfig
from vae_core.data.dataset import Dataset
from vae_core.errors import DivergedError
from vae_core.runs.doctor import Finding, diverged, evidence_of, examine
from vae_core.runs.mending import Mended
from vae_core.runs.presets import preset_named, settings

DONE_FILE = "done.json"
DIVERGED = "diverged"  # in it: what a run that diverged ended with


def trained(case: Case, seed: int, runs: Path, mended: Mended | None = None) -> Path:
    """The folder of a case's run, or of its mended one, trained unless it is there."""
    folder = runs / f"{case.name}-{seed}{'-mended' if mended else ''}"
    if (folder / DONE_FILE).exists():
        return folder
    source = case.source(runs / "pictures" / f"{case.name}-{seed}", seed)
    crop: Crop = mended.training.crop if mended else "middle"
    dataset = load_dataset(source, crop=crop) if isinstance(source, str) else source
    model, training = (mended.model, mended.training) if mended else asked(case, seed, dataset, source)
    diverging = ""
    try:
        train(dataset, model, training, folder, device="cpu", resume=(folder / CONFIG_FILE).exists())
    except DivergedError as error:
        diverging = str(error)
    (folder / DONE_FILE).write_text(json.dumps({DIVERGED: diverging}))
    return folder


def asked(case: Case, seed: int, dataset: Dataset, source: str | Dataset) -> tuple[ModelConfig, TrainConfig]:
    """A case's settings."""
    data = source if isinstance(source, str) else dataset.name
    shape = len(dataset), dataset.image_size, dataset.channels
    training = {"seed": seed, **case.training}
    chosen = settings(preset_named(case.preset), data, *shape, case.model, training, dataset.class_names)
    return chosen.model, chosen.training


def found_in(folder: Path) -> Finding | None:
    """What is said of a run that is over."""
    if words := json.loads((folder / DONE_FILE).read_text()).get(DIVERGED):
        return diverged(folder, words)
    evidence = evidence_of(folder, over=True)
    assert evidence is not None
    return examine(evidence)


def accused_early(folder: Path) -> str | None:
    """What is said first of a run while it trains, by its epochs so far."""
    evidence = evidence_of(folder, over=False)
    assert evidence is not None
    for epochs in range(1, len(evidence.history)):
        if finding := examine(dataclasses.replace(evidence, history=evidence.history[:epochs])):
            return f"epoch {epochs}: {finding.sentence}"
    return None


@dataclass(frozen=True)
class Row:
    """A case and what was found in it, at its end, before, and once mended."""

    case: Case
    found: Finding | None
    early: str | None
    again: Finding | None

    @property
    def right(self) -> bool:
        """Whether what is wrong was named, and nothing else."""
        return self.case.wrong == (self.found.kind if self.found else None)

    def lines(self) -> list[str]:
        """For a person."""
        kind, sentence = (self.found.kind, self.found.sentence) if self.found else ("-", "")
        first = f"{'right' if self.right else 'WRONG'}  {self.case.name:20} {self.case.wrong or 'healthy':17} {kind:17}"
        more = [self.found.mended.words] if self.found and self.found.mended else []
        more += [f"while it trains, {self.early}"] if self.early else []
        more += [f"once mended: {self.again.sentence}"] if self.again else []
        return [f"{first} {sentence}", *(f"{'':27} {line}" for line in more)]


def judge(case: Case, seed: int, runs: Path, *, mends: bool) -> Row:
    """Train a case unless it is there, and its mended run where that is asked for."""
    folder = trained(case, seed, runs)
    found = found_in(folder)
    again = found_in(trained(case, seed, runs, found.mended)) if mends and found and found.mended else None
    return Row(case, found, accused_early(folder) if case.wrong is None else None, again)


def main() -> None:
    """Print the table, and the figures as one line of JSON."""
    cases = {case.name: case for case in (*WRONG, *HEALTHY)}
    parser = argparse.ArgumentParser(description="runs made wrong on purpose, and healthy ones, before the doctor")
    parser.add_argument("--runs", type=Path, required=True, help="folder in which finished runs are kept")
    parser.add_argument("--seed", type=int, default=0, help="another one draws other images and weights (default: 0)")
    parser.add_argument("--only", nargs="*", choices=list(cases), help="what to run (default: all)")
    parser.add_argument("--mend", action="store_true", help="train what mends the wrong ones too, and judge it")
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows: list[Row] = []
    for name in options.only or cases:
        rows.append(judge(cases[name], options.seed, options.runs, mends=options.mend))
        print(*rows[-1].lines(), sep="\n", flush=True)
    wrong, healthy = ([row for row in rows if (row.case.wrong is None) is is_healthy] for is_healthy in (False, True))
    figures = {
        "wrong": len(wrong),
        "named_rightly": sum(row.right for row in wrong),
        "healthy": len(healthy),
        "healthy_accused": sum(not row.right for row in healthy),
        "while_training": sum(row.early is not None for row in healthy),
    }
    if options.mend:
        mended = [row for row in wrong if row.found and row.found.mended]
        figures |= {"mended": len(mended), "still_accused": sum(row.again is not None for row in mended)}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
