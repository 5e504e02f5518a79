"""活码路由 (live-code routing): the service around the pure tag tree."""
