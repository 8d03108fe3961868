from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("places", "0003_the_whole_decision"),
    ]

    operations = [
        migrations.AlterField(
            model_name="doorstatus",
            name="posture",
            field=models.CharField(default="normal", max_length=20),
        ),
        migrations.AlterField(
            model_name="doorstatus",
            name="state",
            field=models.CharField(
                choices=[
                    ("locked", "LOCKED"),
                    ("released", "RELEASED"),
                    ("open", "OPEN"),
                    ("held_open", "HELD_OPEN"),
                    ("forced", "FORCED"),
                    ("unlocked", "UNLOCKED"),
                    ("unlocked_open", "UNLOCKED_OPEN"),
                ],
                max_length=20,
            ),
        ),
    ]
