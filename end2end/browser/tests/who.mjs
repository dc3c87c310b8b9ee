// Who can reach a Service, as one types: told in the browser, by what it was sent once.
import * as act from '../action/job.mjs';
import { holds, same, soon } from '../check/is.mjs';
import * as editor from '../find/editor.mjs';
import { group } from '../lib/runner.mjs';

const PAGE = '/services/shop/svc-b';
/** What is asked of the server about reachability. */
const REACH = /\/api\/reach/;
/** Records of a change in the preview for one key, of elements, attributes and texts. It was 13,097 with 1,000 ranges when every line was written anew. */
const MOST_CHANGES = 1_500;

/**
 * Types in the page itself. Gives the milliseconds until the card follows (`told`) and until it is painted, how much of the preview was written
 * for it, and whether the frame that shows the key shows the preview of it: the sentence and the policies.
 */
const typed = (page, text) =>
  page.evaluate(async (text) => {
    const field = document.querySelector('ol.clients input');
    const preview = document.querySelector('.preview');
    const said = () => preview.querySelector('.who .sentence')?.textContent;
    const before = said();
    const seen = { changes: 0 };
    const watch = new MutationObserver((records) => {
      seen.changes += records.length;
      if (said() !== before) seen.told ??= performance.now() - begin;
    });
    watch.observe(preview, { childList: true, subtree: true, characterData: true, attributes: true });
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, text);
    const begin = performance.now();
    field.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise(requestAnimationFrame);
    const written = [...preview.querySelectorAll('.generated .yaml')].some((yaml) => yaml.textContent.includes(text));
    seen.inFrame = seen.told !== undefined && written;
    const channel = new MessageChannel();
    const painted = new Promise((resolve) => { channel.port1.onmessage = resolve; });
    channel.port2.postMessage('');
    await painted;
    seen.painted = performance.now() - begin;
    watch.disconnect();
    return seen;
  }, text);

/** Types these one after the other, and prints how long that took. */
async function typeAll(page, nets, what) {
  const keys = [];
  for (const net of nets) keys.push(await typed(page, net));
  const of = (name, share) => keys.map((key) => key[name]).sort((one, other) => one - other)[Math.floor(keys.length * share)].toFixed(1);
  const times = ['told', 'painted'].map((name) => `${name} in ${of(name, 0.5)} ms (95 %: ${of(name, 0.95)} ms)`);
  console.log(`        a keystroke with ${what}: ${times.join(', ')}, ${of('changes', 0.5)} changes`);
  return keys;
}

/** Waits until a key is answered at once: the template that does it is there. */
const ready = (page) => {
  let n = 0;
  return soon(async () => holds((await typed(page, `50.7.0.0/${17 + (n++ % 2)}`)).inFrame, 'a key is answered in the page'));
};

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

    await typeAll(page, ['50.60.0.0/16', '50.60.0.0/17', '50.60.0.0/18', '50.60.0.0/19', '50.60.0.0/20'], '1 range');
    same(asked, [], 'questions to the server while one types');
    await editor.preview(page).getByText('4,096 addresses').first().waitFor();
    await soon(async () => holds(asked.some((path) => /reach_of_change/.test(path)), 'the server is asked about the rest of the cluster once typing rests'));
  },

  'with 1,000 ranges the preview stands in the frame that shows the key, and only what differs is written': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, PAGE);
    await act.onInterface(page, 'eth0');
    const ranges = Array.from({ length: 1_000 }, (_, n) => `${60 + (n % 90)}.${(n * 7) % 251}.${(n * 31) % 127 * 2}.0/24`);
    await page.getByRole('button', { name: 'Paste a list' }).click();
    // Set, not typed: a busy machine takes 20 s to have Chromium insert a thousand lines.
    await page.getByRole('textbox', { name: 'List of ranges' }).evaluate((field, text) => {
      field.value = text;
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }, ranges.join('\n'));
    await page.getByRole('button', { name: /^Replace all rows with/ }).click();
    await ready(page);
    // A hundred rows at a time; the last page is the last.
    await page.getByRole('button', { name: 'Next', exact: true }).click();
    await page.getByText('Rows 101–200 of 1,000').waitFor();
    await page.getByRole('button', { name: 'Previous', exact: true }).click();
    await page.getByText('Rows 1–100 of 1,000').waitFor();
    const keys = await typeAll(page, Array.from({ length: 30 }, (_, n) => `50.${n * 4}.0.0/${16 + (n % 3)}`), '1,000 ranges');
    holds(keys.every((key) => key.inFrame), `the frame that shows a key shows its preview: ${JSON.stringify(keys)}`);
    const most = Math.max(...keys.map((key) => key.changes));
    holds(most <= MOST_CHANGES, `${most} changes of the page for one key, of ${MOST_CHANGES}`);

    await page.getByRole('button', { name: 'Review plan' }).click();
    await page.waitForURL('**/plans/*');
    await page.goBack();
    await act.alive(page);
    await soon(async () => same(await editor.range(page, 1).inputValue(), '50.116.0.0/18', 'the draft after a look at its plan'));
    await page.getByRole('button', { name: 'Discard draft' }).click();
  },
});
