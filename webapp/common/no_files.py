"""What happens to a file that is sent to a page which takes none."""

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, SkipFile


class NoFiles(FileUploadHandler):
    """Passes over every file, so that nobody fills the disk through a form. A page that takes files sets its own."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Leave the file out."""
        raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Nothing arrives here."""

    def file_complete(self, file_size: int) -> None:
        """Nothing is kept."""
