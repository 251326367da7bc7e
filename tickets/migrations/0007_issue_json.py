from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0004_json"),
        ("tickets", "0006_erased_fingerprints"),
    ]

    operations = [
        migrations.AddField(
            model_name="ticket",
            name="issue_json",
            field=models.GeneratedField(
                expression=models.Func("issue_description", function="html_escaped_json"),
                output_field=models.TextField(),
                db_persist=True,
            ),
        ),
    ]
