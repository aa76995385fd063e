"""Client of the Terrace API: `Terrace` has a method for every operation, `types` what they take and answer, `slugs` the kinds of
problems.
"""

from . import slugs, types
from ._client import Terrace
from ._orders import Event
from ._problem import FieldError, Problem
from ._sign import Credentials

__all__ = [
    "Credentials",
    "Event",
    "FieldError",
    "Problem",
    "Terrace",
    "slugs",
    "types",
]
