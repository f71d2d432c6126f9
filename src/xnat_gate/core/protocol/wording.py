"""The comparisons of text as they are written: values, lists, patterns.

Law: what no value of that element could ever meet is a fault.
"""

from __future__ import annotations

import re

from xnat_gate.core.protocol import patterns
from xnat_gate.core.protocol.comparisons import Glob, OneOf, Prefix, Regex, as_number, plain, written_days
from xnat_gate.core.protocol.document import Node
from xnat_gate.core.protocol.faults import Ledger
from xnat_gate.core.protocol.kinds import text_of
from xnat_gate.core.protocol.vocabulary import Element, Holds

MOST_VALUES = 1000


def equals(tree: Node, element: Element, key: str, ledger: Ledger) -> OneOf | None:
    if isinstance(tree.value, tuple):
        ledger.fault(tree, key, "one value is needed, not a list", "write one_of, or one value")
        return None
    word = value_of(tree, element, key, ledger)
    if word is not None and "*" in word:
        ledger.fault(
            tree, key, f'"{word}" would be the value letter by letter, its * too', "write glob for a pattern"
        )
        return None
    return None if word is None else OneOf((word,), element.holds)


def one_of(tree: Node, element: Element, key: str, ledger: Ledger) -> OneOf | None:
    if not isinstance(tree.value, tuple):
        ledger.fault(
            tree, key, f"a list is needed, not {tree.kind}", "write the values in brackets: [CT, MR]"
        )
        return None
    if not 0 < len(tree.value) <= MOST_VALUES:
        told = f"holds {len(tree.value)} values, {MOST_VALUES} at most" if tree.value else "the list is empty"
        ledger.fault(tree, key, told, "write the values, or take the key out")
        return None
    words = tuple(value_of(item, element, key, ledger) for item in tree.value)
    if None in words:
        return None
    return OneOf(tuple(word for word in words if word is not None), element.holds)


def glob(tree: Node, element: Element, key: str, ledger: Ledger) -> Glob | None:
    text = _pattern(tree, key, ledger, '"Voluson*"')
    if text is None or _complains(tree, complaint(re.sub(r"[*?]+", "*", text), element), key, ledger):
        return None
    return Glob(text)


def prefix(tree: Node, element: Element, key: str, ledger: Ledger) -> Prefix | None:
    text = _pattern(tree, key, ledger, '"TRIAL-"')
    if text is None or _complains(tree, complaint(f"{text}*", element), key, ledger):
        return None
    if "*" in text:
        ledger.fault(tree, key, "a prefix takes * for itself", "leave the * out, or write glob")
        return None
    return Prefix(text)


def regex(tree: Node, key: str, ledger: Ledger) -> Regex | None:
    text = _pattern(tree, key, ledger, '"TRIAL-[0-9]{3}"')
    if text is None:
        return None
    try:
        patterns.check(text)
    except patterns.NoPattern as error:
        remedy = "write it in RE2's syntax (no look-ahead, no back-references)"
        ledger.fault(tree, key, f"is no regular expression that can be used: {error}", remedy)
        return None
    return Regex(text)


def value_of(tree: Node, element: Element, key: str, ledger: Ledger) -> str | None:
    """One value, as it is written; of numbers and dates also without quotes."""
    unquoted = element.holds in (Holds.NUMBER, Holds.DATE, Holds.UNKNOWN) and type(tree.value) in (int, float)
    text = tree.written.strip() if unquoted else text_of(tree, key, ledger, '"CT"')
    if text is None or _complains(tree, complaint(text, element), key, ledger):
        return None
    return spelled(text, element)


def spelled(word: str, element: Element) -> str:
    """The word as it stands in data sets: a day without dashes or dots."""
    day = day_of(word) if element.holds is Holds.DATE else None
    return day or word


def day_of(word: str) -> str | None:
    """YYYYMMDD; None for what is no single day, or tells more than a day."""
    days = written_days(word)
    return days[0] if days is not None and days[0] == days[1] else None


def complaint(word: str, element: Element) -> tuple[str, str] | None:
    """Why no value of this element can ever be this word or, where `*` stands in it, fit it; and the remedy."""
    if "\\" in word:
        return f'"{word}" can never match, a backslash parts two values', "list each of the values by itself"
    if element.holds is Holds.NUMBER and as_number(word) is None:
        return f'{element} holds a number, and "{word}" is none', "write a number, or a range"
    if element.holds is Holds.DATE and not re.fullmatch(r"[0-9]*\*[0-9*]*", word) and day_of(word) is None:
        none = "none" if written_days(word) is None else "no single day"
        remedy = "write it as 2026-01-31 or 20260131, or a date_range"
        return f'{element} holds a date, and "{word}" is {none}', remedy
    if element.name == "Modality" and not re.fullmatch(r"[A-Za-z0-9_*]+", word):
        return f'"{word}" is no modality', "part the values with commas: [CT, MR]"
    if not plain(word, element.holds).strip():
        return f'"{word}" is an empty name', "write empty: true for a name that is empty"
    return _against_the_vr(word, element)


FORMS: dict[str, tuple[str, str, str]] = {
    "AS": (r"[0-9]{3}[DWMY]", "0123456789DWMY", "an age, such as 045Y"),
    "AT": (r"\([0-9A-F]{4},[0-9A-F]{4}\)", "0123456789ABCDEF(,)", "a tag, such as (0018,1063)"),
    "CS": (
        r"[A-Z0-9 _]{1,16}",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _",
        "letters, digits, blanks and _, 16 at most",
    ),
    "TM": (r"[0-9]{2,6}(?:\.[0-9]{1,6})?", "0123456789.", "a time, such as 120000"),
    "UI": (r"[0-9]+(?:\.[0-9]+)*", "0123456789.", "a UID: numbers with dots between"),
}
"""VR to the form of its values, the characters that may stand in them, and words for both (PS3.5 table 6.2-1)."""
LONGEST = {"AE": 16, "CS": 16, "LO": 64, "SH": 16, "UI": 64}


def _against_the_vr(word: str, element: Element) -> tuple[str, str] | None:
    form, letters, words = FORMS.get(element.vr, (".*", "", ""))
    plain_letters = word.replace("*", "").upper()
    odd = "*" not in word and not re.fullmatch(form, word.upper(), re.DOTALL)
    if odd or (letters and not set(plain_letters) <= set(letters)):
        return f'{element} never holds "{word}"', f"it holds {words}"
    if len(plain_letters) > LONGEST.get(element.vr, len(word)):
        return f'"{word}" is longer than any {element}', f"it has {LONGEST[element.vr]} characters at most"
    return None


def _pattern(tree: Node, key: str, ledger: Ledger, example: str) -> str | None:
    text = text_of(tree, key, ledger, example)
    if text is not None and len(text) > patterns.LONGEST:
        ledger.fault(tree, key, f"is longer than {patterns.LONGEST} characters", "part it into several rules")
        return None
    return text


def _complains(tree: Node, told: tuple[str, str] | None, key: str, ledger: Ledger) -> bool:
    if told:
        ledger.fault(tree, key, *told)
    return told is not None
