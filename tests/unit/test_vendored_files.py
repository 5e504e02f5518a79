"""static/vendor holds other people's files unchanged; its manifest names their licences and checksums."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

VENDOR = Path(__file__).parents[2] / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"


@dataclass(frozen=True, slots=True)
class VendoredFile:
    """One row of the manifest: a path relative to static/vendor, and the SHA-256 of its bytes in hex."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Library:
    """One npm package of which some files are served."""

    name: str
    version: str
    licence: str
    folder: str
    files: tuple[VendoredFile, ...]


def read_manifest() -> tuple[Library, ...]:
    return tuple(
        Library(
            name=library["name"],
            version=library["version"],
            licence=library["licence"],
            folder=library["folder"],
            files=tuple(VendoredFile(f"{library['folder']}/{row['path']}", row["sha256"]) for row in library["files"]),
        )
        for library in json.loads(MANIFEST.read_text(encoding="utf-8"))["libraries"]
    )


def files_on_disk() -> set[str]:
    return {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file() and path != MANIFEST}


LIBRARIES = read_manifest()
FILES = [file for library in LIBRARIES for file in library.files]


def test_nothing_lies_in_the_vendor_folder_that_the_manifest_does_not_list() -> None:
    listed = sorted(file.path for file in FILES)

    found = sorted(files_on_disk())

    assert found == listed


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path)
def test_a_vendored_file_has_the_bytes_its_manifest_promises(file: VendoredFile) -> None:
    content = (VENDOR / file.path).read_bytes()

    checksum = hashlib.sha256(content).hexdigest()

    assert checksum == file.sha256


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
def test_a_vendored_library_names_its_licence_and_carries_the_text(library: Library) -> None:
    licence_text = VENDOR / library.folder / "LICENSE"

    listed = [file.path for file in library.files]

    assert library.licence
    assert f"{library.folder}/LICENSE" in listed
    assert "Permission" in licence_text.read_text(encoding="utf-8")


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
def test_a_new_version_of_a_vendored_library_gets_a_new_folder_so_that_caches_let_go(library: Library) -> None:
    folder = library.folder

    name, _, version = folder.rpartition("-")

    assert (version, name in library.name.replace("@", "").replace("/", "-")) == (library.version, True)
