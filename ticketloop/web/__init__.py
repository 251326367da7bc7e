"""How gunicorn serves HTTP: its threaded worker, with time limits for clients and fewer calls of the kernel."""
