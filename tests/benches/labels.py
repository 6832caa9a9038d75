"""Draws the labels of a JSON file as PDF with ReportLab: prints the seconds it took and the bytes it made.

The positions, the texts and the dark rectangles are given, so that ReportLab encodes and lays out nothing: it only
draws. Letters are real text in embedded, subset fonts, each symbol is one path.
"""
import json
import sys
import time

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

given, fonts, out = sys.argv[1:]
for weight in ("Regular", "SemiBold", "ExtraBold"):
    pdfmetrics.registerFont(TTFont(weight, f"{fonts}/AtkinsonHyperlegibleNext-{weight}.ttf"))
with open(given, encoding="utf-8") as file:
    job = json.load(file)
width, height, points = job["width"], job["height"], job["points"]

began = time.perf_counter()
page = canvas.Canvas(out, pagesize=(width * points, height * points), pageCompression=1)
for label in job["labels"]:
    for text, x, baseline, size, weight in label["texts"]:
        page.setFont(weight, size * points)
        page.drawString(x * points, (height - baseline) * points, text)
    for symbol in label["fills"]:
        path = page.beginPath()
        for x, y, across, down in symbol:
            path.rect(x * points, (height - y - down) * points, across * points, down * points)
        page.drawPath(path, stroke=0, fill=1)
    page.showPage()
page.save()
seconds = time.perf_counter() - began
with open(out, "rb") as file:
    size = len(file.read())
print(json.dumps({"seconds": seconds, "bytes": size, "labels": len(job["labels"])}))
