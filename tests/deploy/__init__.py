"""What is installed on a gateway, rendered below a folder and judged by systemd itself; a booted system is not here."""
