"""The demo page: a text field, and the detector's answer as coloured words.

app     the page: a text → HTML, the Gradio blocks around it, the limits of texts
server  serves the page with Gradio, behind the guard
guard   middleware that refuses every request that the page does not make

Tested in: app_test (app), server_test (server, guard).
"""
