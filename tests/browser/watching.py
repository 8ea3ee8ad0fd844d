"""What a browser complains about while a test drives it: CSP violations, failing scripts, lost files."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, ConsoleMessage, Response, WebError

# Violations that Chromium only reports as an event end up in the console too.
LISTEN = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile} ${event.sample}`);
});
"""
FILES = {"font", "image", "manifest", "script", "stylesheet"}
# Chromium writes a line for every answer from 400 on; which of them are wrong, _answered decides.
ANSWERS_OF_THE_SERVER = "Failed to load resource: the server responded with a status of 4"


class Watch:
    """Collects complaints of all browsers that it was put over; `complaints` is to be empty."""

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def over(self, context: BrowserContext) -> BrowserContext:
        """Watch every page of this browser."""
        context.add_init_script(LISTEN)
        context.on("console", self._said)
        context.on("weberror", self._threw)
        context.on("response", self._answered)
        return context

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(ANSWERS_OF_THE_SERVER):
            self.complaints.append(f"{message.type} in the console of {_address(message)}: {message.text}")

    def _threw(self, error: WebError) -> None:
        self.complaints.append(f"a script failed: {error.error}")

    def _answered(self, response: Response) -> None:
        lost = response.status >= 400 and response.request.resource_type in FILES
        if lost or response.status >= 500:
            self.complaints.append(f"{response.status} for {response.url}")


def _address(message: ConsoleMessage) -> str:
    return message.page.url if message.page else "a page"
