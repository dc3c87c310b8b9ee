// What the first load costs.
import { holds } from '../check/is.mjs';
import { Skip, group } from '../lib/runner.mjs';

/** In bytes, as they came over the wire, of everything the first page loads; how it is kept: docs/decisions/first-load.md. */
const MOST = 300_000;

export default group('weight', {
  'the first load is at most 300 KB': async (stage) => {
    const { page, context } = await stage.window();
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    const urls = new Map();
    const sizes = new Map();
    session.on('Network.responseReceived', ({ requestId, response }) => urls.set(requestId, { url: response.url, headers: response.headers }));
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => sizes.set(requestId, encodedDataLength));
    await page.goto('/services');
    await page.locator('[data-ready]').waitFor();
    await page.waitForTimeout(500); // for what begins once the page is alive

    const loaded = [...sizes].map(([id, bytes]) => ({ bytes, url: urls.get(id)?.url ?? '?', headers: urls.get(id)?.headers ?? {} }));
    const wasm = loaded.find(({ url }) => url.endsWith('.wasm'));
    holds(wasm, 'the wasm was loaded');
    if (wasm.headers['content-encoding'] !== 'br') throw new Skip('the pages are a development build: name a release build with --site');
    const total = loaded.reduce((sum, { bytes }) => sum + bytes, 0);
    const list = loaded.map(({ url, bytes }) => `${new URL(url).pathname} ${bytes}`).join(', ');
    console.log(`        first load: ${(total / 1000).toFixed(1)} KB of ${MOST / 1000} (${list})`);
    holds(total <= MOST, `the first load is ${total} bytes, of ${MOST}: ${list}`);
  },
});
