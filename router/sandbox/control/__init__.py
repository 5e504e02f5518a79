"""`/control/*`: plays the customers and the employees, moves the clock, sets faults, tells what the platform received.

Requests and answers are JSON. A request that makes no sense is answered 400 `{"error": …}` with what to change; an
action that the platform would not allow is 409 `{"error": …}`.
"""
