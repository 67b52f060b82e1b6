"""What a policy that makes no sense raises."""


class MalformedPolicyError(ValueError):
    """A policy document, ACL or block configuration that makes no sense; the message names what is odd.

    The message is equal for equal documents and holds nothing but names out of the document.
    """
