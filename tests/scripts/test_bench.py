"""The pure parts of ./scripts/bench, and its load against a tiny server. No figure is judged."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BufferedIOBase
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from xml.etree import ElementTree

import pytest
import urllib3
from msgspec.structs import replace

import scripts.commands.bench.__main__ as bench
from app.domain.ids import first_ulid_at
from scripts.commands.bench import limits
from scripts.commands.bench.connection import size_of_message
from scripts.commands.bench.figures import at_least, at_most, median, percentile, ratio_by_rounds
from scripts.commands.bench.lead import Leads, body_of
from scripts.commands.bench.load import Report, Spec, run_load
from scripts.commands.bench.outcome import Effort, Outcome, Row
from scripts.commands.bench.plot import draw_plots
from scripts.commands.bench.sink import Arrivals
from scripts.commands.bench.table import as_json, render, summary
from scripts.commands.bench.testbed import BenchFailed, answers
from scripts.commands.bench.testbed import run_load as run_load_in_a_process
from scripts.system.ports import free_port


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1), (0.5, 5), (0.9, 9), (0.95, 10), (0.99, 10), (1.0, 10)]
)
def test_a_percentile_is_the_value_that_so_many_do_not_exceed(share: float, expected: int) -> None:
    assert percentile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], share) == expected


def test_of_nothing_there_is_no_percentile_and_no_median() -> None:
    assert math.isnan(percentile([], 0.5))
    assert math.isnan(median([]))


def test_a_ratio_compares_the_halves_of_a_round_with_each_other() -> None:
    # The second round ran on a machine that was three times slower.
    assert ratio_by_rounds([80, 30, 90], [100, 33, 100]) == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("goal", "value", "is_met"),
    [
        (at_least(0.75), 0.75, True),
        (at_least(0.75), 0.74, False),
        (at_most(2, " %"), 2.0, True),
        (at_most(2, " %"), 2.1, False),
        (at_most(2), math.nan, False),
    ],
)
def test_a_goal_is_met_on_its_good_side(goal: object, value: float, is_met: bool) -> None:
    row = Row("what", "", "", value, goal)  # type: ignore[arg-type]
    assert row.verdict == ("met" if is_met else "MISSED")


def some_outcomes() -> dict[str, Outcome]:
    return {
        "ingest": Outcome(
            rows=[
                Row("202s a second", "900/s", "bare 1,000/s", 0.9, at_least(0.75)),
                Row("p50", "2 ms", "bare 1 ms", 2.0),
            ],
            notes=["the load took 10% of a core"],
            raw={
                "latency": {"ours": [[100, 1.0, 2.0], [900, 3, 9]], "bare": [[100, 1, 1.5]]},
            },
        ),
        "backlog": Outcome(
            rows=[Row("a second", "1/s", "10: 2/s", 0.5, at_least(0.9))],
            raw={"rates": {"10000": [900.0, 1000.0], "100000": [800.0, 850.0]}},
        ),
    }


def test_the_table_shows_goal_and_verdict_of_every_row() -> None:
    text = render(some_outcomes())

    assert [line.split()[-1] for line in text.splitlines()[2:5]] == ["met", "2.00", "MISSED"]
    assert "ingest: the load took 10% of a core" in text
    assert text.endswith("1 of 2 goals met; missed: backlog (a second)")


def test_the_columns_of_the_table_are_aligned() -> None:
    judged = [line for line in render(some_outcomes()).splitlines() if "≥" in line]
    assert len({line.rindex("  ") for line in judged}) == 1


def test_all_goals_met_is_said_so() -> None:
    ingest_alone = {"ingest": some_outcomes()["ingest"]}
    assert summary(ingest_alone) == "1 of 1 goals met"


def test_the_json_holds_rows_and_raw_figures() -> None:
    outcomes = some_outcomes() | {"idle": Outcome([Row("p50", "", "", math.nan)])}
    stages = json.loads(as_json(outcomes, {"processors": 2}))["stages"]

    assert stages["ingest"]["rows"][0]["verdict"] == "met"
    assert stages["backlog"]["raw"]["rates"]["10000"] == [900.0, 1000.0]
    assert stages["idle"]["rows"][0]["value"] is None


def curves_in(plot: Path) -> int:
    elements = ElementTree.fromstring(plot.read_text()).iter()
    return len({name for each in elements if (name := each.get("class", "")).startswith("series")})


def test_plots_are_drawn_of_what_was_measured(tmp_path: Path) -> None:
    written = draw_plots(some_outcomes(), tmp_path)

    assert {path.name for path in written} == {"latency-by-load.svg", "drain-by-backlog.svg"}
    for path in written:
        assert curves_in(path) == {"latency-by-load.svg": 4, "drain-by-backlog.svg": 1}[path.name]


def test_the_limits_that_a_simulation_finds_are_drawn_step_by_step(tmp_path: Path) -> None:
    outcome = limits.measure(Effort(quick=True), lambda text: None)

    assert [row.what for row in outcome.rows] == [name for name, *_ in limits.RECEIVERS]
    (path,) = draw_plots({"limits": outcome}, tmp_path)
    assert curves_in(path) == len(limits.RECEIVERS)


def test_a_curve_has_a_corner_where_its_limit_has_changed() -> None:
    found = limits.steps([(0.1, 1), (0.2, 100), (0.3, 101), (0.4, 50), (0.4, 1), (9.0, 1)])
    begins = limits.BEGINS_AT
    assert found == [
        *((begins, 1), (0.2, 1), (0.2, 100), (0.4, 100), (0.4, 50), (0.4, 50), (0.4, 1), (9.0, 1)),
    ]


def test_without_figures_nothing_is_drawn(tmp_path: Path) -> None:
    assert draw_plots({"ingest": Outcome()}, tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_quick_takes_a_fifth_of_the_time() -> None:
    assert Effort(quick=True).seconds(10) == 2
    assert Effort().count(100) == 100


def test_the_typical_lead_has_250_bytes() -> None:
    assert 230 <= len(body_of("lead123456000000001@example.com")) <= 260


def test_every_request_has_an_address_of_its_own_and_the_same_length() -> None:
    leads = Leads()
    requests = [leads.request(number) for number in (0, 1, 999_999_999)]

    assert len({len(request) for request in requests}) == 1
    bodies = [json.loads(request.split(b"\r\n\r\n")[1]) for request in requests]
    assert len({body["email"] for body in bodies}) == 3


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 41),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\nx: y\r\n\r\n", 47),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 27),
        (b"HTTP/1.1 202 Accepted\r\ncontent-le", None),
    ],
)
def test_the_size_of_an_answer_is_known_once_its_head_is_in(data: bytes, size: int | None) -> None:
    assert size_of_message(data) == size


@pytest.fixture(scope="module")
def sink_port() -> Iterator[int]:
    """A receiver as the stages start it."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "scripts.commands.bench.sink", str(port)])
    try:
        while not answers(port):
            assert process.poll() is None
        yield port
    finally:
        process.kill()
        process.wait()


def count_at(port: int) -> int:
    return int(urllib3.request("GET", f"http://127.0.0.1:{port}/count").json())


def test_a_closed_loop_sends_as_many_as_it_is_told(sink_port: int) -> None:
    before = count_at(sink_port)
    spec = Spec(sink_port, path="/", connections=4, requests=200, seconds=20, warm_up_seconds=0)
    report = asyncio.run(run_load(spec))

    assert report.statuses == {"200": 200}
    assert count_at(sink_port) - before == report.accepted == 200
    assert (report.broken, report.unanswered) == (0, 0)


def test_an_open_loop_keeps_its_schedule(sink_port: int) -> None:
    began_at = time.monotonic()
    report = run_load_in_a_process(
        Spec(sink_port, path="/202", rate=200, requests=100, seconds=30, warm_up_seconds=0)
    )

    assert report.statuses == {"202": 100}
    assert time.monotonic() - began_at >= 99 / 200, "none is sent before its time"


#: Reads requests from a connection and writes answers to it.
Answer = Callable[[BufferedIOBase, BufferedIOBase], None]


def load_on(answer: Answer, spec: Spec) -> Report:
    """The report of a load on a server that treats each connection like that."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                answer(self.rfile, self.wfile)

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            return asyncio.run(run_load(replace(spec, port=server.server_address[1])))
        finally:
            server.shutdown()
            serving.join()


def read_request(requests: BufferedIOBase) -> bool:
    """Read one; False at the end of the connection."""
    length = 0
    while line := requests.readline().strip():
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return bool(requests.read(length))


def test_an_open_loop_opens_connections_as_it_needs_them() -> None:
    all_five_wait = threading.Barrier(5)

    def refuse(requests: BufferedIOBase, answers: BufferedIOBase) -> None:
        read_request(requests)
        all_five_wait.wait(timeout=30)
        answers.write(b"HTTP/1.1 503 Away\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")

    report = load_on(refuse, Spec(0, rate=100, requests=5, connections=5, warm_up_seconds=0))

    assert report.statuses == {"503": 5}
    assert report.accepted == 0
    assert report.refused_max_ms > 0


def test_a_connection_that_breaks_under_a_request_is_counted_and_replaced() -> None:
    connections = itertools.count(1)

    def hang_up_at_first(requests: BufferedIOBase, answers: BufferedIOBase) -> None:
        number = next(connections)
        while read_request(requests) and number > 1:
            answers.write(b"HTTP/1.1 202 OK\r\ncontent-length: 0\r\n\r\n")

    report = load_on(hang_up_at_first, Spec(0, connections=1, requests=3, seconds=10))

    assert (report.broken, report.accepted, report.unanswered) == (1, 2, 0)


def test_the_ids_of_accepted_captures_are_kept(tmp_path: Path) -> None:
    capture_id = "cap_" + "0" * 26
    body = b'{"data":{"id":"x","capture_id":"%b"}}' % capture_id.encode()

    def accept(requests: BufferedIOBase, answers: BufferedIOBase) -> None:
        while read_request(requests):
            answers.write(b"HTTP/1.1 202 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))

    file = tmp_path / "ids"
    load_on(accept, Spec(0, connections=1, requests=1, seconds=10, ids_file=str(file)))

    assert file.read_text() == capture_id


def test_a_subscriber_tells_how_long_events_took() -> None:
    arrivals = Arrivals(timed=True)
    event_id = f"evt_{first_ulid_at(1_767_225_600_000)}"
    arrivals.note("/one", b'{"id":"%s","data":{}}' % event_id.encode())

    assert arrivals.count == 1
    assert arrivals.take_delays()["/one"][0] > 1000
    assert arrivals.take_delays() == {}


def stage(outcome: Outcome) -> Callable[[Effort, object], Outcome]:
    return lambda effort, say: outcome


@pytest.mark.parametrize(("value", "status"), [(1.0, 0), (0.1, 1)])
def test_the_exit_status_tells_whether_every_goal_was_met(
    value: float, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = Outcome([Row("rate", "", "", value, at_least(0.75))])
    monkeypatch.setattr(bench, "STAGES", {"ingest": stage(outcome)})

    assert bench.main(["ingest", "--json"]) == status
    assert json.loads(capsys.readouterr().out)["stages"]["ingest"]["rows"][0]["value"] == value


def test_a_stage_that_cannot_be_measured_does_not_hide_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(effort: Effort, say: object) -> Outcome:
        raise BenchFailed("nothing is recorded")

    done = Outcome([Row("rate", "1/s", "", 1.0, at_least(0.75))])
    monkeypatch.setattr(bench, "STAGES", {"ingest": stage(done), "record": fail})

    assert bench.main(["all"]) == 2
    output = capsys.readouterr()
    assert "1 of 1 goals met" in output.out
    assert "record: nothing is recorded" in output.err
