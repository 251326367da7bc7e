"""The three roles, as groups. Running it again adds what is missing and takes nothing away."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

OWN_APPS = ["access", "contacts", "tickets", "webhooks"]
AGENT = [
    *("tickets.view_ticket", "tickets.add_ticket", "tickets.change_ticket"),
    *("contacts.view_contact", "webhooks.view_delivery"),
]
LEAD = [
    *AGENT,
    *("contacts.change_contact", "contacts.export_contact", "contacts.erase_contact", "tickets.export_ticket"),
    *("webhooks.view_receiver", "webhooks.view_attempt", "webhooks.resend_delivery"),
]


def create_roles(apps, schema_editor):
    using = schema_editor.connection.alias
    # The permissions are made after all migrations, by a signal; the roles need them now.
    for label in [*OWN_APPS, "auth"]:
        create_permissions(installed.get_app_config(label), verbosity=0, using=using)
    permissions = {
        f"{permission.content_type.app_label}.{permission.codename}": permission
        for permission in apps.get_model("auth", "Permission").objects.using(using).select_related("content_type")
    }
    everything = [name for name in permissions if name.split(".")[0] in [*OWN_APPS, "auth"]]
    roles = {"Support agent": AGENT, "Support lead": LEAD, "Administrator": everything}
    for name, names in roles.items():
        group, _ = apps.get_model("auth", "Group").objects.using(using).get_or_create(name=name)
        group.permissions.add(*(permissions[each] for each in names if each in permissions))


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    # Back again leaves the groups: their members would be lost.
    operations = [migrations.RunPython(create_roles, migrations.RunPython.noop)]
