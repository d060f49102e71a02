"""Everything that may happen to messages, in any order: nothing is lost, nothing is sent twice, and the money follows."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.fixtures_sandbox import sandbox
from tests.life.machine import Lives

__all__ = ["sandbox"]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("examples", "steps"),
    [(5, 40), pytest.param(60, 60, marks=[pytest.mark.chaos, pytest.mark.timeout(7200)])],
)
def test_whatever_happens_the_laws_hold(database, business, sandbox, tmp_path, examples, steps):
    machine = type("Lives", (Lives,), {"database": database, "folder": tmp_path, "sandbox": sandbox})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=[
                Phase.explicit,
                Phase.reuse,
                Phase.generate,
            ],  # to shrink what it finds would take too long
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
