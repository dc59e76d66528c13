"""One trace through Honeycomb's Beeline: a request, and a child that fails."""

import os

import beeline

beeline.init(
    writekey=os.environ["HONEYCOMB_API_KEY"], dataset="beeline python", service_name="beeline-python", api_host=os.environ["HONEYCOMB_API_ENDPOINT"],
)
with beeline.tracer("GET /messages"):
    beeline.add_context({"count": 3, "ratio": 0.25, "cached": False})
    beeline.add_trace_field("user", "andrew")
    try:
        with beeline.tracer("query"):
            beeline.add_context_field("db.statement", "SELECT 1")
            raise ValueError("no such table")
    except ValueError:
        pass
beeline.close()
