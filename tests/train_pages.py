"""The Train page in Streamlit's own test runner."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

PAGE = Path(__file__).resolve().parents[1] / "pages" / "train.py"


def open_page() -> AppTest:
    return AppTest.from_file(str(PAGE), default_timeout=60).run()


def written(app: AppTest) -> str:
    shown = [*app.markdown, *app.caption, *app.warning, *app.error]
    return " ".join(element.value for element in shown).replace("\\", "")  # as a reader sees it
