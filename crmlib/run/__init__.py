"""Floor 5: the monthly review, publishing, and the command line."""

import sys

# Where this library is there, jsonschema builds forty grammars when it is imported, for formats that no notebook has: two seconds
# of each start.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
