"""A model pushed to a repository of the Hugging Face hub: a small one on this machine, whose owner is somebody."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import pytest
from streamlit.testing.v1 import AppTest

from serving.pushings import Pushing
from tests.shipped_models import MODELS
from tests.writable_hub import TOKEN, WritableHub, writable_hub
from vae_core.cli.command_line import main
from vae_core.errors import SharingError
from vae_core.progress import Progress
from vae_core.sharing.checkpoint_files import checkpoint_parcel
from vae_core.sharing.publication import Publication
from vae_core.sharing.pushing import push

FOLDER = str(MODELS / "digits-2d")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[WritableHub]]:
    with writable_hub() as (served, address):
        monkeypatch.setenv("HF_ENDPOINT", address)
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)
        yield served


def wish(**values: Any) -> Publication:
    return Publication.checked(**{"folder": FOLDER, "repository": "somebody/my-vae", "token": TOKEN} | values)


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # of the hub's own client
@pytest.mark.parametrize("large", [False, True])
def test_all_of_a_model_is_there_with_its_card(hub: type[WritableHub], large: bool) -> None:
    hub.large = large
    told: list[Progress] = []
    address = push(wish(licence="mit", dataset="somebody/digits"), told.append)
    assert address.endswith("/somebody/my-vae")
    there = hub.repositories["somebody/my-vae"]
    parcel = checkpoint_parcel(FOLDER)
    assert set(there) == set(parcel.files) | {".gitattributes"}
    for name, source in parcel.files.items():
        if name != "README.md":
            assert there[name] == (source if isinstance(source, bytes) else source.read_bytes()), name
    card = there["README.md"].decode()
    assert card.startswith("---\nlibrary_name: latent-explorer\n")
    assert "\nlicense: mit\ndatasets:\n- somebody/digits\n---\n" in card
    assert "hf download somebody/my-vae " in card
    assert hub.private["somebody/my-vae"]
    assert [step.done for step in told] == sorted(step.done for step in told)
    assert told[-1].done == told[-1].total
    assert bool(hub.stored) == large


def test_what_is_not_said_is_left_to_fill_in_and_a_model_may_be_open(hub: type[WritableHub]) -> None:
    push(wish(licence=" ", public=True))
    card = hub.repositories["somebody/my-vae"]["README.md"].decode()
    assert "# license: " in card
    assert "# datasets:" in card
    assert not hub.private["somebody/my-vae"]


def test_pushed_again_the_card_stays_and_an_older_map_goes(hub: type[WritableHub]) -> None:
    hub.library = "latent-explorer"
    old = {"README.md": b"my own words", "explorer/old.f32": b"1", "pictures/mine.png": b"2", "model.safetensors": b"3"}
    hub.repositories["somebody/my-vae"] = dict(old)
    push(wish())
    there = hub.repositories["somebody/my-vae"]
    assert there["README.md"] == b"my own words"
    assert there["pictures/mine.png"] == b"2"
    assert "explorer/old.f32" not in there
    assert there["model.safetensors"] == (Path(FOLDER) / "model.safetensors").read_bytes()


def test_what_is_no_model_of_ours_is_left_alone(hub: type[WritableHub]) -> None:
    hub.repositories["somebody/my-vae"] = {"config.json": b"{}"}
    with pytest.raises(SharingError, match=r"somebody/my-vae: holds something else"):
        push(wish())
    assert hub.repositories["somebody/my-vae"] == {"config.json": b"{}"}


def test_a_licence_that_the_hub_does_not_know(hub: type[WritableHub]) -> None:
    with pytest.raises(SharingError, match=r"Invalid metadata .*must be one of .*Nothing of it is there yet"):
        push(wish(licence="no-such-licence"))
    assert set(hub.repositories["somebody/my-vae"]) == {".gitattributes"}


@pytest.mark.parametrize("values", [{"token": "hf_of_another"}, {"repository": "another/vae"}])
def test_a_token_that_may_not(hub: type[WritableHub], values: dict[str, Any]) -> None:
    with pytest.raises(SharingError, match=r"does not let this token write there\. Make one"):
        push(wish(**values))
    assert not hub.repositories


def test_a_hub_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(SharingError, match=r"could not be pushed \(.*refused"):
        push(wish())


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"repository": "my-vae"}, "my-vae is no repository; it is owner/name"),
        ({"repository": " "}, "Nothing is no repository"),
        ({"licence": "MIT licence"}, "MIT licence is no licence of the hub's list"),
        ({"dataset": "a/b/c"}, "a/b/c is no data set of the hub"),
        ({"token": "two words"}, "This is no token"),
    ],
)
def test_what_is_not_written_as_the_hub_writes_it(values: dict[str, Any], words: str) -> None:
    with pytest.raises(SharingError, match=words):
        wish(**values)


def test_the_process_that_pushes_for_the_page(hub: type[WritableHub]) -> None:
    pushing = Pushing(wish())
    assert pushing.wait(60)
    assert (pushing.problem, pushing.address) == (None, f"{pushing.address}")
    assert "model.safetensors" in hub.repositories["somebody/my-vae"]
    hub.library = "latent-explorer"
    refused = Pushing(wish(token="hf_of_another"))
    assert refused.wait(60)
    assert refused.address is None
    assert "does not let this token" in (refused.problem or "")


def test_the_command(
    hub: type[WritableHub], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    folder = shutil.copytree(FOLDER, tmp_path / "mine")
    assert main(["push", str(folder), "somebody/mine", "--license", "cc-by-4.0"]) == 0
    assert "yours alone" in capsys.readouterr().out
    assert "license: cc-by-4.0" in hub.repositories["somebody/mine"]["README.md"].decode()
    hub.library = "latent-explorer"
    monkeypatch.setenv("HF_TOKEN", "hf_of_another")
    assert main(["push", str(folder), "somebody/mine"]) == 2
    assert "does not let this token" in capsys.readouterr().err


def push_page() -> None:
    """What the dialog shows of it, alone."""
    from ui.models.push import offer_pushing
    from vae_core.collection.records import find_collection

    offer_pushing(find_collection().records["mine"])


def fill_in(app: AppTest, **values: str) -> AppTest:
    for label, value in values.items():
        next(field for field in app.text_input if field.label == label).set_value(value)
    return app.button[0].click().run()


def test_the_page_asks_and_shows_where_the_model_is(hub: type[WritableHub], checkpoints: Path) -> None:
    shutil.copytree(FOLDER, checkpoints / "mine")
    app = AppTest.from_function(push_page, default_timeout=60).run()
    assert not app.exception
    assert "A token is missing" in fill_in(app, Repository="somebody/mine").error[0].value
    assert "no is no repository" in fill_in(app, Repository="no", Token=TOKEN).error[0].value
    fill_in(app, Repository="somebody/mine", Token=TOKEN, Licence="mit")
    pushing = app.session_state["the model that is pushed"][1]
    assert pushing.wait(60)
    app.run()
    assert not app.exception
    assert "The model is at [`somebody/mine`](http://127.0.0.1" in app.success[0].value
    assert "license: mit" in hub.repositories["somebody/mine"]["README.md"].decode()
    app.button[0].click().run()
    assert [field.value for field in app.text_input if field.label == "Token"] == [""]
