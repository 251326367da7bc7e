"""Email addresses that only look like another, with a Cyrillic letter in a Latin name, say (UTS #39, section 5)."""

from unicodedata import category, name

# Latin letters stand beside these in honest addresses, and resemble none of them.
EAST_ASIAN = {"CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO"}


def caution(address: str) -> str:
    """A sentence for staff about an address that mixes alphabets; empty for any other.

    One that was typed in punycode (`xn--…`) is stored as what it stands for, so it is seen as well.
    """
    if address.isascii():
        return ""
    alphabets = {_alphabet(character) for character in address if category(character).startswith("L")}
    if len(alphabets) == 1 or alphabets <= EAST_ASIAN | {"LATIN"}:
        return ""
    names = " and ".join(each.capitalize() for each in sorted(alphabets, key=lambda each: (each != "LATIN", each)))
    return f"Careful: this address mixes {names} letters. It may only look like one that you know."


def _alphabet(letter: str) -> str:
    """The first word of the letter's name in Unicode, such as CYRILLIC; phonetic signs are apart from Latin letters."""
    alphabet = name(letter, "UNKNOWN").split()[0]
    phonetic = alphabet == "LATIN" and letter >= "\u0250" and not "\u1e00" <= letter <= "\u1eff"
    return "PHONETIC" if phonetic else alphabet
