"""Patience: a call ends in time, then nobody waits, then one call tries again; the log hears of an outage once."""

from __future__ import annotations

import threading
import time

import pytest

from bot.patience import Outages, Patience, Resting, within


def test_work_in_time_gives_its_result_or_its_own_error() -> None:
    assert within(5, lambda: 3) == 3
    with pytest.raises(KeyError):
        within(5, lambda: {}[1])


def test_work_that_hangs_is_left_behind_and_rests() -> None:
    patience, end = Patience(0.1, rest=0.3), threading.Event()
    with pytest.raises(TimeoutError):
        patience.run(end.wait)
    for _ in range(3):
        with pytest.raises(Resting):
            patience.run(lambda: 1)
    end.set()
    time.sleep(0.35)
    assert [patience.run(lambda: 1), patience.run(lambda: 2)] == [1, 2]


def test_one_call_tries_for_all_after_the_rest() -> None:
    patience, end = Patience(0.2, rest=0.1), threading.Event()
    with pytest.raises(TimeoutError):
        patience.run(end.wait)
    time.sleep(0.15)
    seen: list[type[Exception]] = []

    def call() -> None:
        try:
            patience.run(end.wait)
        except (TimeoutError, Resting) as error:
            seen.append(type(error))

    calls = [threading.Thread(target=call) for _ in range(4)]
    for thread in calls:
        thread.start()
    for thread in calls:
        thread.join()
    end.set()
    assert seen.count(Resting) == 3 and seen.count(TimeoutError) == 1


def test_what_fails_at_once_needs_no_rest() -> None:
    patience = Patience(1, rest=60)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            patience.run(lambda: 1 / 0)
    assert patience.run(lambda: 1) == 1


def test_the_log_hears_of_an_outage_once_for_each_use(caplog: pytest.LogCaptureFixture) -> None:
    outages = Outages("journal")
    for _ in range(3):
        outages.failed("writing", "full")
        outages.worked("reading")
    outages.worked("writing")
    outages.worked("writing")
    outages.failed("writing", "full")
    fails, again = "the journal fails (writing): full", "the journal works again (writing)"
    assert caplog.messages == [fails, again, fails]
