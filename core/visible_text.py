"""Text that shows nothing: only spaces, zero-width and control characters, or letters that are drawn as a blank."""

from unicodedata import category

BLANK_LETTERS = set("\u115f\u1160\u2800\u3164\uffa0")  # Hangul fillers and the empty Braille pattern
INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Mn", "Me", "Zs", "Zl", "Zp"}


def is_visible(text: str) -> bool:
    """Whether a reader sees anything of the text."""
    return any(category(each) not in INVISIBLE and each not in BLANK_LETTERS for each in text)


def visible(text: str, otherwise: str = "(no visible name)") -> str:
    """The text, or `otherwise` if it shows nothing."""
    return text if is_visible(text) else otherwise
