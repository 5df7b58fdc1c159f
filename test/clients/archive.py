"""Reads a ZIP and prints its entries as JSON: archive.py FILE FOLDER

Checks the CRC-32 of every entry, and extracts all into the folder unless it is empty.
"""

import json
import sys
import zipfile

path, folder = sys.argv[1:]
with zipfile.ZipFile(path) as archive:
    bad = archive.testzip()
    if folder:
        archive.extractall(folder)
    names = [entry.filename for entry in archive.infolist()]
    sizes = [entry.file_size for entry in archive.infolist()]
print(json.dumps({"bad": bad, "names": names, "sizes": sizes}))
