"""What is shown of a model that somebody brings: what it makes of images, once for each answer that it leaves open."""

from pathlib import Path

from vae_core.asked import tell
from vae_core.collection.bringing import GRAPHS, MapImages, picture_of
from vae_core.errors import DatasetError
from vae_core.files import write_bytes
from vae_core.imports.description import Found
from vae_core.imports.mapped import images_of
from vae_core.imports.previews import preview, previews


def draw_sights(found: Found, work: Path, wanted: MapImages) -> str | None:
    """Writes the pictures of a model, whose graphs lie in `work`, beside them; says what hinders reading its images."""
    images, problem = None, None
    try:
        images = images_of(wanted.data, found, None, wanted.crop, tell)
    except DatasetError as error:
        problem = str(error)
    write_bytes(picture_of(work), preview(found, work / GRAPHS, images))
    for question in found.questions:
        for answer, content in previews(found, question, work / GRAPHS, images).items():
            write_bytes(picture_of(work, question, answer), content)
    return problem
