"""The error tree. Every message is a Chinese sentence for the user: what happened and what to do, never a path or a traceback.

YoujuError
├── UnreadableFile            one file is refused, the others go on
│   ├── EmptyFile
│   ├── BinaryFile
│   ├── EncryptedFile
│   ├── TruncatedFile
│   ├── FileTooLarge
│   ├── ScannedPdf
│   ├── UnsupportedFile
│   └── UnprocessableFile
├── LibraryError
│   ├── NoLibrary             nothing has been indexed yet
│   ├── LibraryBusy           another process is building
│   ├── LibraryDamaged        a generation does not match its manifest
│   ├── LibraryUnproved       whether a generation can be opened did not turn out in time
│   ├── ServerAway            a server that holds vectors does not answer, or lacks the generation
│   ├── ArchiveError          a backup that is none, or no whole one
│   └── EmbedderMismatch      built with one model, queried with another
├── OverridesError            corrections made by hand cannot be read or kept
├── SettingsError             a setting has a value that cannot work
├── ModelError               a language model gave nothing usable in time; `reason` is a key of `prompts/messages.md`
├── LexiconError              a line of the staff lexicon cannot be read
└── JournalError              receipts and feedback cannot be read or kept
"""


class YoujuError(Exception):
    """Base of all errors that are shown to a user; `str(error)` is the sentence to show."""


class UnreadableFile(YoujuError):
    """A file that cannot become a document."""


class EmptyFile(UnreadableFile):
    """No text at all."""


class BinaryFile(UnreadableFile):
    """Bytes that are no text in any supported encoding."""


class EncryptedFile(UnreadableFile):
    """Protected by a password."""


class TruncatedFile(UnreadableFile):
    """Cut off or damaged container."""


class FileTooLarge(UnreadableFile):
    """Over the size, page or character cap."""


class ScannedPdf(UnreadableFile):
    """Pages are pictures without text."""


class UnsupportedFile(UnreadableFile):
    """A type that is not read."""


class UnprocessableFile(UnreadableFile):
    """Reading it took too long, too much memory, or brought the reading process down."""


class LibraryError(YoujuError):
    """The library cannot be used as it is."""


class NoLibrary(LibraryError):
    """No generation exists."""


class LibraryBusy(LibraryError):
    """A second writer."""


class LibraryDamaged(LibraryError):
    """A generation fails verification."""


class LibraryUnproved(LibraryError):
    """A generation that was not proved in time."""


class ServerAway(LibraryError):
    """A server of vectors that cannot be used now."""


class ArchiveError(LibraryError):
    """A file that is no whole backup."""


class EmbedderMismatch(LibraryError):
    """The library's vectors come from another model."""


class OverridesError(YoujuError):
    """Corrections made by hand that cannot be read or kept."""


class SettingsError(YoujuError):
    """A setting that cannot work."""


class ModelError(YoujuError):
    """A language model that gives nothing usable within its time; the program goes on without it."""

    def __init__(self, sentence: str, reason: str) -> None:
        """`reason`: refused, unauthorised, limited, broken, slow, cut, unreadable, empty, too_long, resting or busy."""
        super().__init__(sentence)
        self.reason = reason


class LexiconError(YoujuError):
    """A staff lexicon line that cannot be read."""


class JournalError(YoujuError):
    """Receipts, feedback or questions that cannot be read or kept."""
