"""Draws the rows of rows.sql: report.py NAME < rows.json writes NAME.html and NAME.png."""

import json
import sys

import altair as alt

rows = json.load(sys.stdin)


def chart(view, title):
    data = alt.Data(name=view, values=rows[view] or [])  # An empty view is null.
    return alt.Chart(data, title=title, width=380, height=240)


def by_month(view, title, kind, stack, measure):
    return chart(view, title).mark_bar().encode(
        x=alt.X("month:O", title=None, timeUnit="utcyearmonth"),
        y=alt.Y("installs:Q", stack=stack, title=measure),
        color=alt.Color(f"{kind}:N", title=None, scale=alt.Scale(scheme="tableau20")),
        tooltip=["month:N", f"{kind}:N", "installs:Q"],
    )


# A rule from p10 to p90, and a point for the median. The scale has room for a zero.
sizes = chart("project_sizes", "How large are the projects? Median, and 10 to 90 %").encode(
    y=alt.Y("measure:N", title=None),
    tooltip=["measure:N", "installs:Q", "p10:Q", "p50:Q", "p90:Q", "p99:Q"],
)
amount = alt.Scale(type="symlog", constant=10)
low = alt.X("p10:Q", scale=amount, title="number in a project")
sizes = sizes.mark_rule().encode(x=low, x2="p90:Q") + (
    sizes.mark_point(filled=True, size=70).encode(x=alt.X("p50:Q", scale=amount))
)

durations = chart("generate_durations", "Does generate get slower? Median, and up to 90 %")
durations = durations.encode(
    x=alt.X("docglow_version:N", sort=None, title="docglow"),
    xOffset="sender:N",
    color=alt.Color("sender:N", title=None),
    tooltip=["sender:N", "docglow_version:N", "runs:Q", "p50_ms:Q", "p90_ms:Q", "p99_ms:Q"],
)
durations = durations.mark_rule().encode(y=alt.Y("p50_ms:Q", title="ms"), y2="p90_ms:Q") + (
    durations.mark_point(filled=True, size=70).encode(y="p50_ms:Q")
)

errors = chart("errors", "Which versions fail?").mark_bar().encode(
    x=alt.X("docglow_version:N", sort=None, title="docglow"),
    xOffset="command:N",
    y=alt.Y("percent:Q", title="errors, %"),
    color=alt.Color("command:N", title=None),
    tooltip=["docglow_version:N", "command:N", "events:Q", "errors:Q", "percent:Q"],
)

features = chart("features", "Which features are in use?").mark_bar().encode(
    x=alt.X("percent:Q", title="of the installs that ran the command, %"),
    y=alt.Y("feature:N", sort=None, title=None),
    color=alt.Color("command:N", title=None),
    tooltip=["command:N", "feature:N", "installs:Q", "percent:Q"],
)

charts = [
    by_month("adapters", "Which adapters are in use?", "adapter", "zero", "installs"),
    sizes,
    durations,
    errors,
    by_month("python_versions", "When can a Python be dropped?", "python", "normalize", "share"),
    by_month("docglow_versions", "Who updates docglow?", "docglow_version", "normalize", "share"),
    features,
]
page = alt.concat(*charts, columns=2).resolve_scale(x="independent", y="independent", color="independent")
page.save(f"{sys.argv[1]}.html", inline=True)
page.save(f"{sys.argv[1]}.png", scale_factor=2)
