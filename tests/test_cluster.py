"""Searches on a Dask cluster: the bytes of a run on this machine, and clear words when there is none."""

import json
import subprocess
import sys

import pytest

from routing import cluster
from routing.runfolder import MANIFEST

# In a process of its own: the event loop of a cluster leaves threads and sockets behind for some time.
RUN = """
import sys
from distributed import LocalCluster
from routing.cli import main

if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None, protocol="tcp") as own:
        sys.argv = ["cableroute", "run", sys.argv[1], "--out", sys.argv[2], "--scheduler", own.scheduler_address]
        main()
"""


def test_a_cluster_gives_the_bytes_of_this_machine(sea_project, tmp_path):
    sea_project.settings["option"] = [{"id": "tree", "name": "Tree", "trunk": ["AA", "BB", "CC"]}]
    here = sea_project.run().folder
    there = tmp_path / "there"
    done = subprocess.run(
        [sys.executable, "-c", RUN, sea_project.file, there], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    one, other = (json.loads((run / MANIFEST).read_text(encoding="utf-8"))["outputs"] for run in (here, there))
    assert one.pop("map.html") != other.pop("map.html")  # tests draw smaller images, programs that they start do not
    assert one == other


def test_no_scheduler_is_said_and_nothing_is_lost(sea_project, finished_run, cableroute, monkeypatch):
    monkeypatch.setattr(cluster, "_PATIENCE_S", 0.2)
    answer = cableroute("run", sea_project.save(), "--out", sea_project.out, "--scheduler", "tcp://127.0.0.1:9")
    assert answer.code == 4
    assert "no scheduler answers at tcp://127.0.0.1:9" in answer.err
    assert not sea_project.out.exists()
    answer = cableroute("run", sea_project.save(), "--out", sea_project.out, "--scheduler", "nonsense://x")
    assert answer.code == 2
    assert "--scheduler" in answer.err


@pytest.mark.parametrize("missing", [True, False])
def test_a_worker_of_another_version_is_refused(missing):
    class Client:
        def run(self, function):
            versions = function()
            return {} if missing else {"tcp://worker": {**versions, "numpy": "1.0"}}

    with pytest.raises(cluster.ResourceError, match="no workers" if missing else "numpy 1.0 instead of"):
        cluster._check(Client(), "tcp://host:8786")
