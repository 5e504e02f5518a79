"""Anything that can be ranked: candidates, and what a pool is asked for."""

from typing import get_args

from hypothesis import strategies as st

from router.domain.assignment import Ask, Candidate, Duty, Role
from router.domain.capacity import WINDOWS, Limit
from router.domain.policies import Policy

limits = st.builds(
    Limit,
    st.sampled_from(["agent:1", "agent:1@pool:7", "pool:7"]),
    st.sampled_from(WINDOWS),
    st.integers(0, 5),
    st.integers(0, 6),
    st.sampled_from(["agent:1", "pool:7"]),
)
candidates = st.lists(
    st.builds(
        Candidate,
        agent_id=st.integers(1, 9),
        userid=st.text(max_size=4),
        name=st.text(max_size=4),
        weight=st.integers(0, 4),
        load=st.integers(0, 9),
        duty=st.sampled_from(get_args(Duty)),
        available=st.booleans(),
        ready_ways=st.integers(0, 2),
        limits=st.lists(limits, max_size=2).map(tuple),
        position=st.integers(0, 3),
        role=st.sampled_from(get_args(Role)),
        turns=st.integers(0, 9),
        skills=st.sampled_from([(), ("shoes",), ("shoes", "bags")]),
        department=st.sampled_from(["", "south"]),
        ramp_left=st.sampled_from([None, 0, 2]),
    ),
    max_size=6,
    unique_by=lambda each: each.agent_id,
)
asks = st.builds(
    Ask,
    policy=st.sampled_from(get_args(Policy)),
    sticky_agent_id=st.one_of(st.none(), st.integers(1, 9)),
    skill=st.sampled_from(["", "shoes"]),
    department=st.sampled_from(["", "south"]),
    backup_percent=st.integers(0, 100),
    seed=st.integers(0, 2**53 - 1),
)
