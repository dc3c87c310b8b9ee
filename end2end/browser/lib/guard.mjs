// Watches a window: whatever a browser complains of fails the test, unless the test names it.

/** What is no complaint: a page that is left drops its stream, and what it was loading. */
const leaving = (failed) => failed === 'net::ERR_ABORTED';

export class Guard {
  #page;
  #complaints = [];
  #expected = [];

  constructor(page) {
    this.#page = page;
  }

  /** Begins to watch. */
  async install(script = true) {
    const page = this.#page;
    page.on('pageerror', (error) => this.#complaints.push(`page error: ${error.message}`));
    page.on('crash', () => this.#complaints.push('the page crashed'));
    page.on('console', (message) => {
      // What could not be loaded is told by its request or answer, with its path.
      if (message.text().startsWith('Failed to load resource')) return;
      if (['error', 'warning', 'assert'].includes(message.type())) this.#complaints.push(`console ${message.type()}: ${message.text()}`);
    });
    page.on('requestfailed', (request) => {
      const why = request.failure()?.errorText ?? '';
      if (!leaving(why)) this.#complaints.push(`request failed: ${request.method()} ${path(request.url())} ${why}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) this.#complaints.push(`answer ${response.status()}: ${response.request().method()} ${path(response.url())}`);
    });
    if (script) {
      await page.addInitScript(() => {
        // Chromium prints a violation only where it blocks something itself.
        document.addEventListener('securitypolicyviolation', (event) => {
          console.error(`content security policy: ${event.violatedDirective} blocked ${event.blockedURI}`);
        });
        window.layoutShifts = [];
        new PerformanceObserver((list) => {
          for (const { value, hadRecentInput, sources } of list.getEntries()) {
            if (hadRecentInput) continue;
            const moved = sources.map(({ node, previousRect: from, currentRect: to }) => {
              const name = node?.outerHTML?.slice(0, 80) ?? node?.textContent;
              return `${name} from ${[from.x, from.y, from.width, from.height]} to ${[to.x, to.y, to.width, to.height]}`;
            });
            window.layoutShifts.push({ value, moved });
          }
        }).observe({ type: 'layout-shift', buffered: true });
      });
    }
  }

  /** Names complaints that the test means to cause: each must come at least once, and only these are forgiven. */
  expect(...patterns) {
    this.#expected.push(...patterns.map((pattern) => ({ pattern, came: false })));
  }

  /** Names complaints that may come or not: it hangs on how fast the machine is. */
  forgive(...patterns) {
    this.#expected.push(...patterns.map((pattern) => ({ pattern, came: true })));
  }

  /** Throws if there was a complaint that nobody named, or none where one was named. */
  check() {
    const unnamed = this.#complaints.filter((complaint) => {
      const named = this.#expected.filter(({ pattern }) => pattern.test(complaint));
      for (const expectation of named) expectation.came = true;
      return named.length === 0;
    });
    const missing = this.#expected.filter(({ came }) => !came).map(({ pattern }) => `never came: ${pattern}`);
    if (unnamed.length + missing.length > 0) throw new Error([...new Set(unnamed), ...missing].join('\n'));
  }
}

function path(url) {
  const { pathname, search } = new URL(url);
  return pathname + search;
}
