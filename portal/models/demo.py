"""What exists for demos only."""

from __future__ import annotations

from django.db import models


class DemoClock(models.Model):
    """How far a demo's clock was moved forward: one row at most. portal.clock reads it, in demo mode only."""

    ahead = models.PositiveBigIntegerField(default=0, help_text="Seconds.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_demo_clock")]

    def __str__(self) -> str:
        return f"{self.ahead} s ahead"
