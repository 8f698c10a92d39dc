"""Names of files as browsers send them, and as people know them."""

import pytest

from ui.uploaded_names import own_name

MAC, WINDOWS = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"


@pytest.mark.parametrize(
    ("sent", "agent", "name"),
    [
        ("my %22best%22 cats.zip", MAC, 'my "best" cats.zip'),
        ("two%0D%0Alines.png", MAC, "two\r\nlines.png"),
        ("100% cats, 5%.zip", MAC, "100% cats, 5%.zip"),
        ("a%20file%20%22called%22.zip", MAC, "a%20file%20%22called%22.zip"),
        ("my %22best%22 cats.zip", WINDOWS, "my %22best%22 cats.zip"),
        ("%2522.zip", MAC, "%2522.zip"),
    ],
)
def test_a_file_is_called_as_it_was_before_the_browser_sent_it(sent: str, agent: str, name: str) -> None:
    assert own_name(sent, agent) == name
