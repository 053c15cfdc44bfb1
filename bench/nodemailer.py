"""Find Node and fetch nodemailer, each checked, or say why there is neither."""

import shutil
import subprocess
from hashlib import sha512
from pathlib import Path

from hub.errors import HubError
from hub.local.folders import cache_folder

VERSION = "10.6.1"
_SHA512 = "77b91f15f4bfb51e0071af9206f45a43e31728dbfb77626245ee53c5a45c153fe460c8781863e75bd68a92c4c812fc846c0eddffb1d8584e183c3107c73263fe"
SCRIPT = Path(__file__).with_name("mail_pool.mjs")


def command(port: int, count: int, sessions: int) -> list[str]:
    """How its pool is run; raises HubError with the reason where it cannot be."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise HubError("no node and npm here")
    return [node, str(SCRIPT), str(_fetched(npm)), str(port), str(count), str(sessions)]


def _fetched(npm: str) -> Path:
    """The package, unpacked from an archive of the checksum above."""
    folder = cache_folder() / f"nodemailer-{VERSION}"
    if (folder / "package").exists():
        return folder / "package"
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [npm, "pack", "--silent", f"nodemailer@{VERSION}"], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    archive = folder / f"nodemailer-{VERSION}.tgz"
    if done.returncode or not archive.exists():
        raise HubError(f"nodemailer {VERSION} could not be fetched (npm pack ended with {done.returncode})")
    if sha512(archive.read_bytes()).hexdigest() != _SHA512:
        raise HubError(f"nodemailer {VERSION} is not what it was: its checksum differs")
    shutil.unpack_archive(archive, folder)
    return folder / "package"
