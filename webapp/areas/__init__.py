"""The pages, a folder per area with its views, forms and templates. Areas do not import each other; webapp/fab/scan.py finds their views."""
