"""Stand-in for ``dlens_vx_v3`` as far as PyNN programs for BrainScaleS-2 touch it.

Coordinates (``halco``), containers (``lola``, ``hal``), connections (``hxcomm``) and builders
(``sta``). Everything else can be imported and is refused by its name when it is used.
"""

from analog_sbi.chip.pynn import logger
from analog_sbi.chip.pynn.dlens import hal, halco, hxcomm, lola, sta

__all__ = ["hal", "halco", "hxcomm", "logger", "lola", "sta"]
