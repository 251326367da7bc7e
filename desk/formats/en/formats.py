"""Dates and times of Django's own pages (FORMAT_MODULE_PATH), as `desk.formatting.moment` writes them."""

DATE_FORMAT = SHORT_DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i:s"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = r"j M Y, H:i:s \U\T\C"
