"""The service units as their settings, and what systemd's own tools say of them."""
import os
import re
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(ROOT, "packaging", "systemd")
PROGRAM = "/usr/bin/iotex-elector"
NAMES = ("iotex-elector.service", "iotex-elector@.service")


def text(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read()


def settings(name):
    """{section: {key: [its values, in order]}}"""
    found = {}
    for line in text(name).splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            key, value = line.split("=", 1)
            section.setdefault(key, []).append(value)
    return found


def service(name=NAMES[0]):
    return settings(name)["Service"]


def tool(*command):
    """(exit code, output) of a program that tools/dev installs, or has put below build/."""
    own = os.path.join(ROOT, "build", command[0], command[0])
    if os.access(own, os.X_OK):
        command = (own, *command[1:])
    elif shutil.which(command[0]) is None:
        raise FileNotFoundError(f"no program {command[0]}: `tools/dev test` installs it")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)
    return done.returncode, done.stdout


def installed(name, folder, program):
    """A copy of the unit in `folder` that starts `program`, an instance of a template."""
    path = os.path.join(folder, name.replace("@", "@a"))
    with open(path, "w", encoding="utf-8") as file:
        file.write(text(name).replace(PROGRAM, program))
    return path


def members_of(group):
    """The system calls of a group of systemd's, the groups in it unfolded."""
    code, output = tool("systemd-analyze", "--no-pager", "syscall-filter", group)
    if code != 0:
        raise AssertionError(output)
    found = set()
    for word in re.findall(r"^ +([@\w-]+)$", output, re.M):
        found |= members_of(word) if word.startswith("@") else {word}
    return found


def system_calls():
    """What the filter of the unit lets through: the first list allows, those with ~ take away."""
    allowed = set()
    for line in service()["SystemCallFilter"]:
        calls = set()
        for word in line.lstrip("~").split():
            calls |= members_of(word) if word.startswith("@") else {word}
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    return allowed
