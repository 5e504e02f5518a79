"""手机页: a phone in the browser, for people who want to be the customer."""
