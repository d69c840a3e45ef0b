"""View dict -> HTML: Jinja2 with escaping on, Plotly's script inlined once."""

from __future__ import annotations

from typing import Any

from profiler import paths

TEMPLATE = "report.html.j2"
CLAIMS = "claims-page.html.j2"
_STYLES = ("style.css", "claims.css")
_SCRIPTS = ("table.js", "plots.js")


def render(view: dict[str, Any]) -> str:
    """The report. All texts of the view are escaped; styles and scripts are the shipped ones."""
    from plotly.offline import get_plotlyjs

    return _page(TEMPLATE, **view, scripts=_read(_SCRIPTS), plotly=get_plotlyjs())


def render_claims(view: dict[str, Any]) -> str:
    """The page of the claims alone, which needs no script."""
    return _page(CLAIMS, **view)


def _page(template: str, **values: Any) -> str:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths.reports()),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values, styles=_read(_STYLES))


def _read(names: tuple[str, ...]) -> str:
    return "\n".join((paths.reports() / name).read_text(encoding="utf-8") for name in names)
