"""From the files of a folder to a proposed company.toml: what lies there, which table each file is, which column which field."""
