"""Claim that every run of a setting collapses or diverges."""

from typing import ClassVar, Literal

from lr_atlas.config.claim import Claim, Row, Where, setting_field
from lr_atlas.config.claim_evidence import Judgement, StudyRuns
from lr_atlas.locale.counted_things import counted
from lr_atlas.locale.speech import say


class Collapses(Claim):
    """Every run collapses or diverges."""

    row: ClassVar = Row(
        place=80,
        takes="`where`",
        says="it answers one class for everything, stays at chance, or diverges",
        confirmed="all runs do, six at least",
        contradicted="none does, of six at least",
    )

    claim: Literal["collapses"]
    where: Where = setting_field("The setting")

    def words(self, runs: StudyRuns) -> str:
        return say("{setting} collapses", setting=runs.setting(self.where))

    def judge(self, runs: StudyRuns) -> Judgement:
        name = runs.setting(self.where)
        statuses = runs.column(name, "status")
        shown = [status in ("diverged", "collapsed") for status in statuses]
        diverged = statuses.count("diverged")
        about = f"; {say('{count} of these diverged', count=diverged)}" if diverged else ""
        total = counted(len(shown), "run")
        collapsed = say("{count} of {runs} collapsed", count=sum(shown), runs=total)
        return runs.share(name, shown, collapsed, about)
