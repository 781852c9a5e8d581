"""The jail: model-written Python, shells and solvers run here, and nothing of them stays.

What is covered (every line has its attack in tests/executors/sandbox):

* A program sees an empty machine: /usr, the interpreter's standard library and the offered packages, read-only; an
  empty /tmp of its own, in memory; null, zero, random and urandom. No home, no /etc, no /proc, no other package.
* It has no rights: no capability and no way to one, `nobody`'s uid (as root) or the caller's uid in a user namespace
  that owns nothing outside, no environment, no inherited descriptor but stdin (empty), stdout, stderr, its channel.
* It reaches nobody: no network device but a dead loopback, no socket but pairs, no signal, trace or shared memory to
  a process outside its PID and IPC namespaces, no key ring, no mount, no new namespace (seccomp refuses the calls).
* Python programs start no process and no other image; external programs may, at most 256 at once.
* It ends: the namespace's process 1 is killed from outside at the deadline, and with it every thread and process,
  stopped, detached or in a session of its own. `run` returns after all of them are gone.
* It is bounded: address space beyond the warm interpreter's own, /tmp (64 MiB, 256 MiB for external programs), 256
  threads, open files, what it prints and what it answers.
* Its answer is data: text in a fixed notation, never pickle, from the process of the program and no other, asked for
  once, with a nonce that did not exist while it ran. Printed text and exit statuses are never answers. What a class
  of the program says about itself does not count.
* The next program is a fresh fork of an interpreter that never ran one: same seeds, same hashes, same builtins.
* A machine where this cannot be had raises IsolationError and runs nothing.

What is not covered:

* Bugs of the Linux kernel behind the system calls that are left, and what processors leak by timing.
* A program that inspects its own process can send an answer without returning one: it is still only its own answer.
* Memory in /tmp, in pipes and (external programs) in each further process adds to the limit of address space.
* Processor time of threads: four may use four cores until the deadline. Disk reads of /usr are not metered.
* As an ordinary user the kernel sees the program under that user's uid: limits that the kernel keeps for each uid
  over all namespaces (pending signals, pipe buffers) are shared with the user's own processes.
* Kernels before 5.14 count threads for each uid over the whole machine: elsewhere-busy uids get fewer in here.
* 64-bit ARM: the table of system calls is there, but the suite has run on x86-64 only.
"""

from executors.sandbox.errors import IsolationError
from executors.sandbox.external import ProgramRun, run_program
from executors.sandbox.self_test import Check, self_test

__all__ = ["Check", "IsolationError", "ProgramRun", "run_program", "self_test"]
