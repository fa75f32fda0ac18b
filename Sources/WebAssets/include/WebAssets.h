// web assets
