"""A module whose thread outlives everything, for the tests."""

import threading

threading.Thread(target=threading.Event().wait, name="for-ever").start()
print("the thread runs", flush=True)


def handler(batch):
    pass
