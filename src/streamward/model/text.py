"""Text of others, made fit for a terminal."""


def printable(text: str) -> str:
    """The text with everything that a terminal would act on written as an escape.

    SECURITY: a bundle from elsewhere must not move the cursor or rewrite what a check said.
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
