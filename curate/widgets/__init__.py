"""The Python side of the widgets. The browser side is `widgets/`, built into `curate/static/`."""
