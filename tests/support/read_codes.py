"""Reads the codes of pictures with decoders that others wrote: zxing-cpp, and libdmtx for DataMatrix.

Reads a JSON list of {"picture": path, "datamatrix": how many there are} from standard input; prints a JSON list of
{"zxing": [[symbology, text], ...], "dmtx": [text, ...]}.
"""
import json
import sys

import zxingcpp
from PIL import Image
from pylibdmtx import pylibdmtx

Image.MAX_IMAGE_PIXELS = None
PLAIN = {"try_rotate": False, "try_downscale": False, "try_invert": False}
SQUARES = {"formats": zxingcpp.BarcodeFormat.DataMatrix, **PLAIN}
found = []
for job in json.load(sys.stdin):
    picture = Image.open(job["picture"]).convert("L")
    codes = [[code.format.name, code.text] for code in zxingcpp.read_barcodes(picture, **PLAIN)]
    squares = []
    # libdmtx looks at every dot: each symbol is cut out for it where zxing saw one.
    for code in zxingcpp.read_barcodes(picture, **SQUARES) if job["datamatrix"] else []:
        corners = [code.position.top_left, code.position.top_right, code.position.bottom_left, code.position.bottom_right]
        left, right = min(c.x for c in corners), max(c.x for c in corners)
        top, bottom = min(c.y for c in corners), max(c.y for c in corners)
        edge = max(4, (right - left) // 14)
        cut = picture.crop((left - edge, top - edge, right + edge, bottom + edge))
        squares += [code.data.decode() for code in pylibdmtx.decode(cut, timeout=5000, max_count=1)]
    found.append({"zxing": codes, "dmtx": squares})
print(json.dumps(found))
