"""Units of the arguments of schedules, which are resolved before a schedule is called.

In a configuration both are a number of steps from 1 on, a share of the whole run below 1, or
epochs, as in {epochs: 3}. Where a share is given, a schedule has to know its end.
"""

from typing import Annotated, TypeAlias

LENGTH, MOMENT = "length", "moment"

#: A number of steps. The whole run is counted, its warm-up too, where it is given as a share.
Length: TypeAlias = Annotated[float, LENGTH]
#: A step of the run, from its beginning; a schedule is given it without the steps of the warm-up.
Moment: TypeAlias = Annotated[float, MOMENT]
