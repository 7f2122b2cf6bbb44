"""`python -m crmlib`: the command line, where its script is not on the path."""

from crmlib.run.cli import main

main()
