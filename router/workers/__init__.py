"""What runs beside the web: deciding what came in, sending what must go out, firing what is due."""
