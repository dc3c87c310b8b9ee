// Who can reach a Service, as one types: told in the browser, by what it was sent once.
import * as act from '../action/job.mjs';
import { holds, same, soon } from '../check/is.mjs';
import * as editor from '../find/editor.mjs';
import { group } from '../lib/runner.mjs';

const PAGE = '/services/shop/svc-b';
/** What is asked of the server about reachability. */
const REACH = /\/api\/reach/;
/** Milliseconds that typing rests before the preview follows (`app/src/access/editor.rs`). */
const REST = 90;

/** Types in the page itself and waits for the card; gives the milliseconds from the input to the new sentence. */
const typed = (page, text) =>
  page.evaluate(
    ({ text }) =>
      new Promise((resolve) => {
        const field = document.querySelector('ol.clients input');
        const card = document.querySelector('.who');
        const said = () => card.querySelector('.sentence')?.textContent;
        const before = said();
        const watch = new MutationObserver(() => {
          if (said() === before) return;
          watch.disconnect();
          resolve(performance.now() - begin);
        });
        watch.observe(card, { childList: true, subtree: true, characterData: true });
        Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, text);
        const begin = performance.now();
        field.dispatchEvent(new Event('input', { bubbles: true }));
      }),
    { text },
  );

const middle = (times) => [...times].sort((one, other) => one - other)[Math.floor(times.length / 2)];

export default group('who', {
  'a draft is told without a question, and the rest of the cluster once typing rests': async (stage) => {
    const { page } = await stage.window();
    const asked = [];
    page.on('request', (request) => REACH.test(request.url()) && asked.push(new URL(request.url()).pathname));
    const template = page.waitForResponse((answer) => /reach_template/.test(answer.url()));
    await act.go(page, PAGE);
    await template;
    const other = editor.createHostEndpoints(page);
    if (await other.isVisible()) {
      const next = page.waitForResponse((answer) => /reach_template/.test(answer.url()));
      await other.check();
      await editor.hostInterface(page).fill('eth7');
      await next;
    }
    await page.waitForTimeout(1_500); // until everything that was asked is answered
    asked.length = 0;

    const times = [];
    for (const net of ['50.60.0.0/16', '50.60.0.0/17', '50.60.0.0/18', '50.60.0.0/19', '50.60.0.0/20']) times.push((await typed(page, net)) - REST);
    same(asked, [], 'questions to the server while one types');
    await editor.preview(page).getByText('4,096 addresses').first().waitFor();
    console.log(`        a keystroke with 1 range: the card follows ${middle(times).toFixed(1)} ms after typing rests`);
    await soon(async () => holds(asked.some((path) => /reach_of_change/.test(path)), 'the server is asked about the rest of the cluster once typing rests'));
  },

  'with 1,000 ranges as well': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, PAGE);
    const ranges = Array.from({ length: 1_000 }, (_, n) => `${60 + (n % 90)}.${(n * 7) % 251}.${(n * 31) % 127 * 2}.0/24`);
    await page.getByRole('button', { name: 'Paste a list' }).click();
    await page.getByRole('textbox', { name: 'List of ranges' }).fill(ranges.join('\n'));
    await page.getByRole('button', { name: /^Replace all rows with/ }).click();
    await page.waitForTimeout(3_000); // until the whole answer has come
    const times = [];
    for (const net of ['50.60.0.0/16', '50.60.0.0/17', '50.60.0.0/18', '50.60.0.0/19', '50.60.0.0/20']) times.push((await typed(page, net)) - REST);
    console.log(`        a keystroke with 1,000 ranges: the card follows ${middle(times).toFixed(1)} ms after typing rests`);
    await page.getByRole('button', { name: 'Discard draft' }).click();
  },
});
