// Many tabs of one browser: it has six connections for all of them.
import * as act from '../action/job.mjs';
import { soon } from '../check/is.mjs';
import * as frame from '../find/frame.mjs';
import { group } from '../lib/runner.mjs';

const TABS = 9;

/** Puts a tab in the background, or back: a browser without a screen shows all of them. */
const background = (page, hidden) => page.evaluate((hidden) => {
  Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
}, hidden);

export default group('tabs', {
  'tabs in the background leave the connections to the others': async (stage) => {
    const { page: first, context } = await stage.window();
    await act.go(first, '/services');
    await background(first, true);
    for (let tab = 2; tab <= TABS; tab += 1) {
      const page = await context.newPage();
      await act.go(page, '/services');
      await background(page, true);
    }
    const streams = [];
    first.on('request', (request) => request.url().endsWith('/events') && streams.push(request));
    await background(first, false);
    await frame.connection(first, 'connected').waitFor();
    await soon(async () => {
      if (streams.length !== 1) throw new Error(`${streams.length} streams were opened by a tab that came back`);
    });
  },
});
