"""The form that images of every data set here have in common."""

IMAGE_SIDE = 28
PIXELS = IMAGE_SIDE * IMAGE_SIDE
CLASSES = 10

#: The first four bytes of an IDX file: of bytes in three dimensions, and in one.
IMAGES_MAGIC = 0x803
LABELS_MAGIC = 0x801
