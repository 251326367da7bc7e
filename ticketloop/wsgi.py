"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from ticketloop.wsgi_middleware import buffer_chunked_body, drop_head_body, strip_charset

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketloop.settings")
application = strip_charset(buffer_chunked_body(drop_head_body(get_wsgi_application())))
