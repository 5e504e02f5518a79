"""Runs the samples kept with the rules: does each rule meet what it must, and nothing that it must not?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from tagtree.rules.evaluation import Candidate
from tagtree.rules.facts import Facts
from tagtree.rules.matcher import CompiledRuleSet, compile_rule_set
from tagtree.rules.rule_set import NO_SAMPLES, Rule, RuleSet
from tagtree.text import Span
from tagtree.wording import Problem, Wording, step

TEXT_ALONE: Final = Facts("", None)
"""Nothing is known but the text; a condition on anything else does not decide a sample."""


@dataclass(frozen=True, slots=True)
class SampleFailure:
    """A sample that its rule should meet and does not (`must_match`), or meets and should not.

    `path` as in the JSON form of the rule set; `spans` of the sample that met the rule, and the texts there.
    """

    rule_id: str
    rule_name: str
    text: str
    must_match: bool
    path: str
    spans: tuple[Span, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def problem(self) -> Problem:
        return Problem(self.path, self._reason(), _HINT)

    def _reason(self) -> Wording:
        if self.must_match:
            return Wording(
                f"Rule “{self.rule_name}” does not meet its sample “{self.text}”.",
                f"规则“{self.rule_name}”没有匹配必须匹配的样例“{self.text}”。",
            )
        where = "、".join(f"“{text}”" for text in self.texts)
        return Wording(
            f"Rule “{self.rule_name}” meets “{self.text}”, which it must not{f', by {where}' if where else ''}.",
            f"规则“{self.rule_name}”匹配了不得匹配的样例“{self.text}”{f'，位置：{where}' if where else ''}。",
        )


def check_samples(rule_set: RuleSet, facts: Facts = TEXT_ALONE) -> tuple[SampleFailure, ...]:
    """Every sample that its rule fails, in the order of the rules; those of rules that are switched off, too.

    Only the condition of the rule itself is asked, not its scope nor what other rules do. `facts` are what is known
    besides the text; a sample that hangs on an unknown fact fails neither way. The rule set is one in which
    `check_rule_set` found no problem.
    """
    return tuple(
        failure
        for number, rule in enumerate(rule_set.rules)
        if rule.samples != NO_SAMPLES
        for failure in _failures(_alone(rule), rule, facts, step(step("rules", number), "samples"))
    )


def _alone(rule: Rule) -> CompiledRuleSet:
    """Compiled by itself, so that its samples ask no other rule."""
    return compile_rule_set(RuleSet(0, 0, (replace(rule, enabled=True),)), checked=True)


def _failures(compiled: CompiledRuleSet, rule: Rule, facts: Facts, path: str) -> Iterator[SampleFailure]:
    for number, text in enumerate(rule.samples.must_match):
        candidate = _candidate(compiled, replace(facts, text=text))
        if candidate is None or (candidate.spans is None and not candidate.unknown):
            yield SampleFailure(rule.id, rule.name or rule.id, text, True, step(step(path, "must_match"), number))
    for number, text in enumerate(rule.samples.must_not_match):
        candidate = _candidate(compiled, replace(facts, text=text))
        if candidate is not None and candidate.spans is not None:
            texts = tuple(text[start:end] for start, end in candidate.spans)
            where = step(step(path, "must_not_match"), number)
            yield SampleFailure(rule.id, rule.name or rule.id, text, False, where, candidate.spans, texts)


def _candidate(compiled: CompiledRuleSet, facts: Facts) -> Candidate | None:
    return next(iter(compiled.candidates(facts)), None)


_HINT: Final = Wording("Change the condition, or correct the sample.", "请修改条件，或更正样例。")
