"""The side of the jail that runs inside it: standard library only, no import of anything outside this folder.

The folder is bound into the jail on its own, so that neither the tasks' gold answers nor the rest of the harness is
there to be read. `zygote` is the entry; `wire` is the one module that both sides use.
"""
