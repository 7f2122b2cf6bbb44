#!/bin/sh
# Called with the folder of a review: puts its pages where readers open them, and leaves the mail's text beside them.
# READERS is the folder that they see. Nothing under private/ and no table leaves; what sends the mail is yours to add.
set -eu
review=$1
target=${READERS:?the folder that readers see}/$(basename "$(dirname "$review")")-$(basename "$review")
rm -rf "$target.new"
mkdir -p "$target.new"
cp "$review"/*.html "$review"/kpis.csv "$review"/memo.txt "$target.new"
rm -rf "$target"
mv "$target.new" "$target"
