"""The check that runs from elsewhere can stand beside those that a study trains itself."""

from lr_atlas.config.config_file import ConfigFile
from lr_atlas.config.own_data_models import IMPORTED
from lr_atlas.config.study_models import Study
from lr_atlas.studies.elsewhere import Elsewhere
from lr_atlas.studies.study_metric import StudyMetric


def check_elsewhere(
    name: str, study: Study, metric: StudyMetric, elsewhere: Elsewhere, file: ConfigFile
) -> None:
    """Raise ConfigError for files that are judged by another metric than the study."""
    theirs, said = elsewhere.metric, study.columns.metric
    if study.dataset == IMPORTED:
        return
    if theirs.higher_is_better != metric.metric.higher_is_better:
        better = "higher" if theirs.higher_is_better else "lower"
        raise file.error(
            ("studies", name, "columns" if said else "runs"),
            f"of {theirs.name} in the runs from elsewhere {better} values are better, of the "
            f"study's {metric.name} it is the other way; name the column of {metric.name}, as in "
            "columns: {metric: …}",
        )
    if said is None and theirs.name != metric.name:
        raise file.error(
            ("studies", name, "runs"),
            f"the runs from elsewhere would be judged by {theirs.name}, and the study is about "
            f"{metric.name}; say which column that is: columns: {{metric: …}}",
        )
