"""Tell whether a text is Spanish throughout."""

import re

#: Words of English sentences that are none of Spanish.
ENGLISH = (
    "about above after all alone and any are as at be been best between by can cannot claim each "
    "difference epoch epochs fails first found four from has have hold holds interval is it its "
    "last least less more most not of on one only or other over paired point points rate runs "
    "seconds seed seeds setting settings shown studies than that the their them there they this "
    "to two was were which while with without worse"
)
_NAMES = re.compile(r"`[^`]*`|\b\w+-lr[\w.]*(?:-[a-z]\w*)*")
_DECIMAL_POINT = re.compile(r"\d\.\d")


def not_spanish(text):
    """Return the English words and numbers of a text; names of settings may have both."""
    words = _NAMES.sub("", text)
    found = [word for word in re.findall(r"[\w-]+", words.lower()) if word in ENGLISH.split()]
    return found + _DECIMAL_POINT.findall(words)
