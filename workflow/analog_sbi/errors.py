"""Errors that a user can act on: one line that names what, what was expected, what was found."""


class StudyError(Exception):
    """Base of the errors that end a job with one line instead of a traceback."""


class ArtifactError(StudyError):
    """A table or posterior on disk is missing, damaged or does not match its schema."""


class BackendError(StudyError):
    """A backend cannot be imported, reached or asked for what was wanted."""


class OtherModelError(BackendError):
    """A backend is asked for a model that it does not measure."""


class ConfigurationError(StudyError):
    """The configuration has a key or value that the study does not accept."""


class MeasurementError(StudyError):
    """Too many measurements of a job are missing."""


class ModelError(StudyError):
    """A model lacks what is asked of it, or its file is not one."""


class ProblemError(StudyError):
    """Two artifacts belong to different problems."""


class SpaceError(StudyError):
    """A space of parameters is not one, or lacks the parameter that is asked for."""


class UnavailableError(ModelError):
    """A model has what is asked of it, but not on this backend or with these settings."""
