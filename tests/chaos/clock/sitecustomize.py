"""Put on PYTHONPATH: the wall clock of every Python process jumps by up to a day, forwards and backwards."""

import datetime
import random
import time

_time, _time_ns = time.time, time.time_ns
_draw = random.Random(1)


def _jump() -> float:
    return _draw.uniform(-86_400.0, 86_400.0)


time.time = lambda: _time() + _jump()
time.time_ns = lambda: _time_ns() + int(_jump() * 1e9)


class _Jumping(datetime.datetime):
    @classmethod
    def now(cls, tz=None):  # type: ignore[no-untyped-def]
        return super().now(tz) + datetime.timedelta(seconds=_jump())


datetime.datetime = _Jumping  # type: ignore[misc]
