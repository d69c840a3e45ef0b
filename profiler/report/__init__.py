"""Stored rows to one HTML page that works offline.

write        the door: write_report(store, path)
gather       what the page needs from the store, and how much of it (Bounds)
view         Material -> view dict, pure; the templates only loop over it
headline     the recommendation in words
table        the comparison table
effects      what each method and optimisation did to the model
sections     failures, environments, the harness's overhead
claims       commonly told claims with their verdicts (claims_page: as a page of their own)
methods_page docs/methods.md: the catalogue with what was measured (methods_text: in words)
gallery      the images beside the baseline's, within a budget of bytes
scatter      latency against memory against quality (Plotly figures, as dicts)
bars         phases as stacked bars, raw latencies as strips
plots        the plots of a device in their order, with notes and choices
traces       telemetry over time, thinned without hiding peaks
palette      colours of the figures by name, colour-blind-safe
labels       short names that tell the cells of one device apart
text         numbers and quantities as text
render       view dict -> HTML with Jinja2 and Plotly's script

Importing this package loads neither jinja2 nor plotly; rendering does.
"""
