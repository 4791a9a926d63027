"""Takes the README's picture out of chapter 00, so that the course itself has made it.

python tools/readme_picture.py
"""

import base64
import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "first_picture.png"


def first_picture() -> bytes:
    """The first PNG among the outputs of ``00_start_here.ipynb``."""
    notebook = json.loads((ROOT / "notebooks" / "00_start_here.ipynb").read_text("utf-8"))
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                return base64.b64decode(output["data"]["image/png"])
    raise SystemExit("00_start_here.ipynb has no picture: run make notebooks")


if __name__ == "__main__":
    TARGET.write_bytes(first_picture())
