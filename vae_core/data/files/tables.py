"""The tables beside the pictures that name them, and what they say of each picture."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from vae_core.data.files.intake import MIB, FileSource, SkippedFile, UnusableFileError
from vae_core.data.files.picture_names import PictureNames
from vae_core.data.files.table_reader import NoTableError, Table, TableReader, invented_title, is_invented
from vae_core.progress import Pace, ProgressListener

MOST_BYTES = 64 * MIB  # of all tables of a source together


@dataclass(frozen=True)
class Tables:
    """What the tables of a source say of its pictures: columns aligned to them, empty texts where there is no word.

    `files_of` names those that have a column; `name_columns` are those that name the pictures; `without_row` counts the
    pictures that no table names, `of_several_rows` those of which one has further rows that say something else;
    `guessed` are the code pages of tables that do not tell theirs, by file.
    """

    files: tuple[str, ...] = ()
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    files_of: dict[str, str] = field(default_factory=dict)
    name_columns: frozenset[str] = frozenset()
    without_row: int = 0
    of_several_rows: int = 0
    guessed: dict[str, str] = field(default_factory=dict)

    def words(self, title: str) -> str:
        """A column in a sentence, with the files that it is of."""
        column = title if is_invented(title) else f"column {title}"
        return column if column.endswith(f" of {self.files_of[title]}") else f"{column} of {self.files_of[title]}"


def read_tables(
    source: FileSource, suspects: dict[int, str], pictures: Sequence[str], progress: ProgressListener
) -> tuple[Tables, list[SkippedFile]]:
    """Reads the files that may be tables, and joins those that name the pictures.

    `suspects` are places in the source, each with what is to be said of a file that is no table. Columns of one name
    are one column; where two tables have a word for the same picture, the first one's counts. The second result are
    the files that cannot be used, and why.
    """
    if not suspects:
        return Tables(), []
    names = PictureNames(pictures)
    tables: dict[str, Table] = {}
    skipped: list[SkippedFile] = []
    left = MOST_BYTES
    pace = Pace(progress, "Looking for tables", len(suspects))
    for done, (index, otherwise) in enumerate(suspects.items(), 1):
        name = source.names[index]
        try:
            with source.open(index) as file:
                data = file.read(left + 1)
            if len(data) > left:
                raise UnusableFileError(f"The tables have more than {MOST_BYTES / MIB:,.0f} MiB; make them smaller.")
            left -= len(data)
            tables[name] = TableReader(name, data, names, progress).read()
        except NoTableError:
            skipped.append(SkippedFile(name, otherwise))
        except UnusableFileError as error:
            skipped.append(SkippedFile(name, str(error)))
        except OSError as error:
            skipped.append(SkippedFile(name, f"It cannot be read ({error.strerror or error})."))
        pace.at(done)
    return _joined(tables, len(pictures)) if tables else Tables(), skipped


def _joined(tables: dict[str, Table], count: int) -> Tables:
    columns: dict[str, list[str]] = {}
    files: dict[str, list[str]] = {}
    named: set[int] = set()
    for name, table in tables.items():
        named |= table.rows.keys()
        for place, title in enumerate(table.header):
            if title == invented_title(place + 1) and _says_else(columns.get(title), table, place):
                title = f"{title} of {name}"
            files.setdefault(title, []).append(name)
            column = columns.setdefault(title, [""] * count)
            for picture, row in table.rows.items():
                column[picture] = column[picture] or row[place]
    return Tables(
        files=tuple(tables),
        columns={title: tuple(column) for title, column in columns.items()},
        files_of={title: ", ".join(names) for title, names in files.items()},
        name_columns=frozenset(table.header[table.name_column] for table in tables.values()),
        without_row=count - len(named),
        guessed={name: table.guessed for name, table in tables.items() if table.guessed},
        of_several_rows=len(frozenset().union(*(table.unlike for table in tables.values()))),
    )


def _says_else(column: list[str] | None, table: Table, place: int) -> bool:
    """Whether a column without a title says other things of the same pictures than one of another table."""
    return column is not None and any(
        column[picture] and row[place] and column[picture] != row[place] for picture, row in table.rows.items()
    )
