"""企业微信 (WeCom): callback protocol without I/O, and the client for its API."""
