"""Partners' own formats, read into what our contracts say."""
