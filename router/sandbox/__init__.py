"""The local platform: WeCom's API, its encrypted callbacks and a control interface that plays the people, on
loopback.
"""
