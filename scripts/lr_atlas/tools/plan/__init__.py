"""`make plan`: runs to be trained, the reasons, and the cost."""
