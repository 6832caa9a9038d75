"""Reads grey frames with zxing-cpp and zbar: prints for each frame the seconds that each took and whether it read the code.

Both are asked for the symbologies on Outguide's labels, with their usual settings: zxing-cpp tries harder and turns the
picture, zbar looks at every line of it. zbar knows no DataMatrix and hardly any PDF417.
"""
import json
import sys
import time

import zxingcpp
from PIL import Image
from pyzbar import pyzbar

with open(sys.argv[1], encoding="utf-8") as file:
    job = json.load(file)
size = (job["width"], job["height"])
barcodes = zxingcpp.BarcodeFormat
formats = [barcodes.Code128, barcodes.Code39, barcodes.QRCode, barcodes.DataMatrix, barcodes.PDF417]
symbols = [pyzbar.ZBarSymbol.CODE128, pyzbar.ZBarSymbol.CODE39, pyzbar.ZBarSymbol.QRCODE]


def timed(wanted, read):
    """Whether the text was among what was read, and how long that took."""
    began = time.perf_counter()
    texts = read()
    return {"seconds": time.perf_counter() - began, "read": wanted in texts}


def with_zxing(picture):
    return [code.text for code in zxingcpp.read_barcodes(picture, formats=formats)]


def with_zbar(picture):
    return [code.data.decode("utf-8", "replace") for code in pyzbar.decode(picture, symbols=symbols)]


told = {"zxing": [], "zbar": []}
for frame in job["frames"]:
    with open(frame["picture"], "rb") as file:
        picture = Image.frombytes("L", size, file.read())
    told["zxing"].append(timed(frame["text"], lambda: with_zxing(picture)))
    told["zbar"].append(timed(frame["text"], lambda: with_zbar(picture)))
print(json.dumps(told))
