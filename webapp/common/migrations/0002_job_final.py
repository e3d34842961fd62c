from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="job",
            name="final",
            field=models.BooleanField(default=False),
        ),
    ]
