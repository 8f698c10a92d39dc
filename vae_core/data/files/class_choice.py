"""Whose word counts on the classes of pictures and on their split: folders, a table beside them, or their own names."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from vae_core.data.files.class_columns import label_column, one_hot_classes, split_column
from vae_core.data.files.class_folders import are_parts, read_folders, words_before_numbers
from vae_core.data.files.split_words import purposes, set_aside
from vae_core.data.files.tables import Tables

WITHOUT_LABEL = "without a label"
_NAMED = 5  # columns that may be the classes, in a sentence


@dataclass(frozen=True)
class Choice:
    """For each picture its class and whether it is set aside for testing; None where nobody sets any aside.

    `notes` are sentences on where that is from.
    """

    labels: list[str]
    testing: list[bool] | None
    notes: list[str]


def choose_classes(names: Sequence[str], title: str, tables: Tables) -> Choice:
    """The classes and the split of pictures with these names.

    Folders that split the set have the say, then a column of a table that does. Folders that make two classes or more
    have the say, then a table, then words that file names begin with.
    """
    folders = read_folders(names, title)
    files = ", ".join(tables.files)
    notes = []
    testing = folders.testing
    if testing is not None:
        beside = f"; {', '.join(folders.beside)} beside them train as well" if folders.beside else ""
        notes.append(
            f"Its folders say which pictures are for testing ({', '.join(folders.for_testing)}) and which for training "
            f"({', '.join(folders.for_training)}){beside}."
        )
    elif (column := split_column(tables.columns)) is not None:
        testing = set_aside(tables.columns[column])
        notes.append(f"Which pictures are for testing is the {tables.words(column)}.")
    elif for_something := purposes(set(folders.labels)):
        notes.append(f"Its folders {' and '.join(sorted(for_something))} are taken for classes, not for a split.")
    notes += _notes_on(tables, len(names))
    if len(set(folders.labels)) > 1 and not (tables.files and are_parts(set(folders.labels))):
        labels, note = _filled(folders.labels, folders.unnamed, tables)
        return Choice(labels, testing, notes + note)
    column, candidates = label_column(tables.columns, tables.name_columns)
    if column is not None:
        notes.append(f"Its classes are the {tables.words(column)}.")
        return Choice([cell or WITHOUT_LABEL for cell in tables.columns[column]], testing, notes)
    if ones := one_hot_classes(tables.columns, tables.name_columns):
        notes.append(
            f"Its classes are the columns {_listed(list(ones))} of {files}, each picture's that which has a one."
        )
        each = (next((title for title, has in ones.items() if has[place]), "") for place in range(len(names)))
        return Choice([word or WITHOUT_LABEL for word in each], testing, notes)
    if len(set(folders.labels)) == 1 and (words := _by_words(names, testing)):
        notes.append("Its classes are the words that the names of its files begin with.")
        return Choice(words, testing, notes)
    others = [title for title in tables.columns if title not in tables.name_columns]
    if candidates:
        notes.append(
            f"{files} has several columns that may be the classes ({_listed(candidates)}); call one of them label."
        )
    elif others:
        notes.append(f"{files} has no column that is surely the classes ({_listed(others)}); call one of them label.")
    return Choice(folders.labels, testing, notes)


def _notes_on(tables: Tables, count: int) -> list[str]:
    files = ", ".join(tables.files)
    notes = [
        f"{file} does not tell its encoding, and was read as {page}; save it as UTF-8 where its words look wrong."
        for file, page in tables.guessed.items()
    ]
    if tables.without_row:
        notes.append(f"{tables.without_row:,} of its {count:,} pictures {_have(tables.without_row)} no row in {files}.")
    if tables.of_several_rows:
        are = "picture has" if tables.of_several_rows == 1 else "pictures have"
        notes.append(f"{tables.of_several_rows:,} {are} several rows in {files}: the first one of each counts.")
    return notes


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _listed(titles: Sequence[str]) -> str:
    return ", ".join(titles[:_NAMED]) + (", …" if len(titles) > _NAMED else "")


def _filled(labels: list[str], unnamed: frozenset[int], tables: Tables) -> tuple[list[str], list[str]]:
    """Classes of folders, and for pictures in none what a column says that agrees with the folders elsewhere."""
    named = [place for place in range(len(labels)) if place not in unnamed]
    for title, cells in tables.columns.items():
        class_of: dict[str, Counter[str]] = {}
        for place in named:
            if cells[place]:
                class_of.setdefault(cells[place], Counter())[labels[place]] += 1
        agrees = len(class_of) > 1 and all(len(counts) == 1 for counts in class_of.values())
        one_each = len({next(iter(counts)) for counts in class_of.values()}) == len(class_of)
        if agrees and one_each and (known := [place for place in unnamed if cells[place] in class_of]):
            for place in known:
                labels[place] = next(iter(class_of[cells[place]]))
            what = "picture outside the folders of classes is" if len(known) == 1 else "pictures outside are"
            return labels, [f"The class of {len(known):,} {what} the {tables.words(title)}."]
    return labels, []


def _by_words(names: Sequence[str], testing: Sequence[bool] | None) -> list[str] | None:
    """What file names begin with; those of pictures for testing may have no such word."""
    if (words := words_before_numbers(names)) or testing is None:
        return words
    training = [place for place, held_out in enumerate(testing) if not held_out]
    words = words_before_numbers([names[place] for place in training])
    if words is None:
        return None
    labels = [WITHOUT_LABEL] * len(names)
    for place, word in zip(training, words, strict=True):
        labels[place] = word
    return labels
