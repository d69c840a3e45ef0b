from __future__ import annotations

from profiler.records.quantity import Evidence, Quantity, measured, unavailable
from profiler.report.text import DASH, TIMES, evidence_title, heading, interval, shown_unit, times


def test_interval_is_scaled_and_empty_where_unknown():
    assert interval(measured(2.0**21, "B", 2.0**20, 2.0**22), 2.0**-20) == f"1.00{DASH}4.00"
    assert interval(measured(1.0, "s")) == ""
    assert interval(measured(-3.0, "dB", -5.0, -1.0)) == "-5.00 to -1.00"


def test_units_that_people_read():
    assert shown_unit("prompt_alignment", "1") == ("%", 100.0)
    assert shown_unit("ssim", "1") == ("", 1.0)
    assert shown_unit("rss", "B") == ("MiB", 2.0**-20)
    assert shown_unit("psnr", "dB") == ("dB", 1.0)


def test_evidence_is_told_with_its_source():
    published = Quantity(1.0, "s", evidence=Evidence.PUBLISHED, source="Lambda, 2022")
    assert evidence_title(published) == "published by others: Lambda, 2022"
    assert evidence_title(measured(1.0, "s")) == "measured on this device"


def test_ratio_and_headings():
    assert times(measured(0.713, "1")) == f"0.713{TIMES}"
    assert times(unavailable("1", "no baseline")) == DASH
    assert heading("prompt_alignment") == "Prompt alignment"
    assert heading("psnr") == "PSNR"
