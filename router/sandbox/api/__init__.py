"""`/cgi-bin/*`: the calls of WeCom's API that the service makes."""
