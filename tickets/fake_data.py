"""Fake people and issue descriptions. Needs Faker, which only requirements/local.txt installs."""

import random

from faker import Faker

POOL = 2000  # distinct first names, last names, …: generated once, as Faker's calls are slow
DOMAINS = ("example.com", "example.org", "example.net")  # reserved (RFC 2606): mail is never delivered

SUBJECTS = (
    *("printer", "login page", "invoice", "password reset", "mobile app", "export to CSV", "delivery", "payment"),
    *("calendar", "search", "dashboard", "e-mail notification", "webhook", "two-factor code", "subscription"),
)
PROBLEMS = (
    *("does not work", "shows <b>Error 500</b>", "is very slow", "has stopped responding", "can't be opened"),
    *("shows the wrong amount", "came twice", "never arrived", "is empty", 'says "access denied"', "keeps loading"),
)
CIRCUMSTANCES = (
    *("since this morning", "since the last update", "every time I try", "on my phone & my laptop", "after signing in"),
    *("for two days now", "since I moved to another plan", "whenever a colleague is signed in as well"),
)
CLOSINGS = (
    *("Please help.", "Could you have a look?", "It's urgent: we have a deadline tomorrow.", "Thanks in advance!"),
    *("I have tried another browser already.", "A screenshot can follow.", "My colleagues have the same problem."),
)


class FakerSource:
    """Generates people and issue descriptions; reproducible with a seed."""

    def __init__(self, seed: int | None = None) -> None:
        self.random = random.Random(seed)  # noqa: S311 - not for secrets
        faker = Faker()
        faker.seed_instance(self.random.getrandbits(64))
        self.first_names = [faker.first_name() for _ in range(POOL)]
        self.last_names = [faker.last_name() for _ in range(POOL)]
        self.companies = [faker.company() for _ in range(POOL)]
        self.remarks = [faker.sentence(nb_words=12) for _ in range(POOL)]

    def person(self) -> tuple[str, str]:
        """A full name and a normalised email address."""
        pick = self.random.choice
        first, last = pick(self.first_names), pick(self.last_names)
        local = f"{first}.{last}".lower().replace(" ", ".").replace("'", "")
        return f"{first} {last}", f"{local}{self.random.randrange(100_000)}@{pick(DOMAINS)}"

    def issue_description(self) -> str:
        """An issue description of some sentences."""
        pick, number = self.random.choice, self.random.randrange(10_000_000)
        return (
            f"The {pick(SUBJECTS)} {pick(PROBLEMS)} {pick(CIRCUMSTANCES)}. {pick(self.remarks)}\n"
            f"Order {number:07}, {pick(self.companies)}. {pick(CLOSINGS)}"
        )
