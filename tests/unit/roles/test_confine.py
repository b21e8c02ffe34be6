"""What a program may still do once `confine` started it, on this machine's own kernel."""

import shutil
import socket
import subprocess
from pathlib import Path

import pytest

CONFINE = Path(__file__).parents[3] / "roles/server_php/files/usr/local/lib/nuage/confine"
PYTHON = "/usr/bin/python3"


def confine(*words, cwd="/"):
    return subprocess.run(
        ["/usr/bin/setpriv", "--no-new-privs", "/usr/bin/perl", CONFINE, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
    )


@pytest.fixture(scope="module", autouse=True)
def landlock():
    if not shutil.which("perl") or not Path(PYTHON).exists() or confine("--check").returncode != 0:
        pytest.skip("SKIPPED, NOT TESTED: this kernel has no Landlock, or the machine no perl or python3")


def python(program):
    return confine(PYTHON, "-I", "-S", "-c", program)


def test_it_is_small_and_compiles():
    assert len(CONFINE.read_text().splitlines()) < 100
    assert CONFINE.read_text().startswith("#!/usr/bin/perl\n")


@pytest.mark.parametrize(
    "path", ["/proc/self/net/unix", "/proc/self/net/tcp", "/proc/self/status", "/sys/kernel"]
)
def test_proc_and_sys_are_out_of_reach(path):
    done = python(f"import os; os.open({path!r}, os.O_RDONLY)")
    assert "PermissionError" in done.stderr


def test_abstract_sockets_of_others_are_out_of_reach():
    name = f"\0nuage-test-{id(object())}"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(name)
        listening.listen()
        done = python(f"import socket; socket.socket(socket.AF_UNIX).connect({name!r})")
    assert "PermissionError" in done.stderr


@pytest.mark.parametrize("address", [("127.0.0.1", 0), ("0.0.0.0", 0)])
def test_no_port_can_be_listened_on(address):
    assert "PermissionError" in python(f"import socket; socket.socket().bind({address!r})").stderr


def test_others_are_not_signalled():
    with subprocess.Popen(["/usr/bin/sleep", "60"]) as other:
        done = python(f"import os; os.kill({other.pid}, 0)")
        other.kill()
    assert "PermissionError" in done.stderr
    assert python("import os; os.kill(os.getpid(), 0)").returncode == 0


def test_what_a_site_needs_works():
    program = (
        "import os, tempfile, subprocess;"
        "open('/dev/null', 'w').write('x'); open('/etc/passwd').read();"
        "home = tempfile.mkdtemp(dir='/tmp'); os.mkdir(home + '/a'); open(home + '/x', 'w').write('x');"
        "os.rename(home + '/x', home + '/a/x'); os.unlink(home + '/a/x'); os.rmdir(home + '/a'); os.rmdir(home);"
        "subprocess.run(['/usr/bin/true'], check=True); print('done')"
    )
    done = python(program)
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr


@pytest.mark.parametrize("words", [[], ["true"], ["./true"]])
def test_a_whole_path_is_expected(words):
    done = confine(*words)
    assert done.returncode != 0
    assert "whole path" in done.stderr
