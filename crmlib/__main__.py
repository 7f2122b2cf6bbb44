"""`python -m crmlib`: the command line where its script is not on the path, and what make does where there is no make."""

import sys

from crmlib.run.making import made

if (code := made(sys.argv[1:])) is not None:
    sys.exit(code)

from crmlib.run.cli import main

main()
