"""Which index finds who else had a digest, revoked or not?"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organisations", "0002_the_whole_decision"),
        ("people", "0003_every_kind_of_credential"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="credential",
            index=models.Index(fields=["organisation", "digest"], name="people_credential_shared"),
        ),
    ]
