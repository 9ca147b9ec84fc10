"""Checks of the times in a schedule."""

import re

from groundplan.blueprints.spec.base import mistake

_FIX = "write five fields like '0 3 * * MON'"
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_FIELDS: tuple[tuple[str, range, tuple[str, ...]], ...] = (
    ("minute", range(60), ()),
    ("hour", range(24), ()),
    ("day of the month", range(1, 32), ()),
    ("month", range(1, 13), _MONTHS),
    ("day of the week", range(0), _DAYS),
)
_PART = re.compile(r"(?:\*|(?P<first>[0-9]{1,2}|[A-Z]{3})(?:-(?P<last>[0-9]{1,2}|[A-Z]{3}))?)"
                   r"(?:/(?P<step>[0-9]{1,2}))?")  # fmt: skip


def check_cron(value: str) -> str:
    """Return ``value`` if it is a schedule that EventBridge Scheduler can express.

    Five fields; days of the week by name, since their numbers differ between cron and AWS; and
    not both a day of the month and a day of the week, which AWS refuses.
    """
    fields = value.split(" ")
    if len(fields) != 5:
        raise mistake("must have five fields with one space between them", _FIX)
    for text, (name, numbers, names) in zip(fields, _FIELDS, strict=True):
        for part in text.split(","):
            if not _is_part(part, numbers, names):
                by = " by name" if names == _DAYS else ""
                raise mistake(f"{part!r} is no {name}{by}", _FIX)
    if fields[2] != "*" and fields[4] != "*":
        raise mistake(
            "must not set both a day of the month and a day of the week", "set one of them to '*'"
        )
    return value


def _is_part(part: str, numbers: range, names: tuple[str, ...]) -> bool:
    match = _PART.fullmatch(part)
    if match is None:
        return False
    places = []
    for text in (match["first"], match["last"]):
        if text is None:
            continue
        if text in names:
            places.append(names.index(text))
        elif text.isdigit() and int(text) in numbers:
            places.append(int(text))
        else:
            return False
    return places == sorted(places) and match["step"] not in ("0", "00")


def check_time_zone(value: str) -> str:
    """Return ``value`` if it is a time zone of the IANA database."""
    from zoneinfo import ZoneInfo, available_timezones

    from groundplan.blueprints.catalogue import suggest

    try:
        ZoneInfo(value)
    except (OSError, ValueError, KeyError) as exc:
        known = available_timezones()
        if known or not re.fullmatch(r"[A-Za-z_]+(/[A-Za-z0-9_+-]+)*", value):
            near = suggest(value, sorted(known))
            fix = f"did you mean {near!r}?" if near else "use one like 'Europe/Berlin'"
            raise mistake("unknown time zone", fix) from exc
    return value
