"""Which packages a server process has imported, told by the interpreter itself (`python -X importtime`)."""

from collections.abc import Callable

from harness.server import running_server

# What training, projecting and exporting need and opening Explore must not wait for.
HEAVY = frozenset({"torch", "torchvision", "umap", "numba", "pynndescent", "sklearn", "onnx", "onnxscript", "scipy"})


def imported_by(use: Callable[[str], object]) -> set[str]:
    """The top-level packages that a fresh server has imported after `use(url)`.

    Raises RuntimeError where the interpreter reported nothing, so that silence never passes for lightness.
    """
    with running_server(launcher=("-X", "importtime", "-m", "streamlit")) as server:
        use(server.url)
        report = server.said()
    modules = [line.rpartition("|")[2].strip() for line in report.splitlines() if line.startswith("import time:")]
    packages = {module.partition(".")[0] for module in modules}
    if "streamlit" not in packages:
        raise RuntimeError(f"The interpreter reported no imports:\n{report}")
    return packages
