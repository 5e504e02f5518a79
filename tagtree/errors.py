"""What this package raises; everything else is refused by a return value.

TagTreeError
├── InvalidTreeError      tags that do not form a tree were handed to TagTree
├── UnknownTagError       a question about a tag that is not in the tree
└── RuleSetRefusedError   a rule set with problems was handed to compile_rule_set
"""

from tagtree.refusals import TreeRefusal, wording_of
from tagtree.wording import Problem


class TagTreeError(Exception):
    """Any error of the tag tree and its rules."""


class InvalidTreeError(TagTreeError):
    """The tags do not form a tree; `refusal` tells why."""

    def __init__(self, refusal: TreeRefusal) -> None:
        super().__init__(wording_of(refusal).en)
        self.refusal = refusal


class UnknownTagError(TagTreeError):
    """No tag with this id is in the tree."""

    def __init__(self, tag_id: int) -> None:
        super().__init__(f"tag {tag_id} is not in the tree")
        self.tag_id = tag_id


class RuleSetRefusedError(TagTreeError):
    """The rule set cannot be compiled; `problems` tells why, one by one."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.reason.en}" for problem in problems))
        self.problems = problems
