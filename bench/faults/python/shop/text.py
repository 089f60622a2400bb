"""Text for labels."""


def wrap(text, width):
    """Lines of at most `width` characters, words kept whole unless they are longer."""
    lines = []
    line = ""
    for word in text.split():
        if not line:
            line = word
        elif len(line) + 1 + len(word) <= width:
            line += " " + word
        else:
            lines.append(line)
            line = word
    if line:
        lines.append(line)
    return lines


def initials(name):
    """The first letter of each word, in capitals."""
    return "".join(word[0].upper() for word in name.split())


def is_palindrome(text):
    """Reads the same from both sides, letters and digits only?"""
    letters = [sign.lower() for sign in text if sign.isalnum()]
    left, right = 0, len(letters) - 1
    while left < right:
        if letters[left] != letters[right]:
            return False
        left += 1
        right -= 1
    return True


def counts(words):
    """How often each word comes, the most frequent first, then by the alphabet."""
    found = {}
    for word in words:
        found[word] = found.get(word, 0) + 1
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
