"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from ticketloop.wsgi_middleware import head_without_body, known_body_length, no_charset

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketloop.settings")
application = no_charset(known_body_length(head_without_body(get_wsgi_application())))
