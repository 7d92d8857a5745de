# wstest on a port that the system chooses: says which, and ends with its input.
import os
import sys
import threading

from autobahntestsuite import wstest  # First: it chooses the reactor.
from twisted.internet import reactor

listen = reactor.listenTCP


def listen_and_tell(*arguments, **options):
    port = listen(*arguments, **options)
    print 'listening on ws://127.0.0.1:%d' % port.getHost().port
    sys.stdout.flush()
    return port


def end_with_input():
    sys.stdin.read()
    os._exit(0)


reactor.listenTCP = listen_and_tell
watch = threading.Thread(target=end_with_input)
watch.daemon = True
watch.start()
wstest.run()
