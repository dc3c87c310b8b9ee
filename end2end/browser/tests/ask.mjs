// Ask: the address is the question, with and without JavaScript, by keyboard, beside a plan.
import * as act from '../action/job.mjs';
import { SERVICE, prepare } from '../action/prepare.mjs';
import { accessible } from '../check/axe.mjs';
import { holds, same, soon } from '../check/is.mjs';
import { fits } from '../check/layout.mjs';
import * as ask from '../find/ask.mjs';
import { group } from '../lib/runner.mjs';

const TO = SERVICE.replace('/services/', '');
const IN = '50.60.1.2';
const OUT = '198.51.100.7';

/** Leptos marks its preloads with the nonce in a way that Chromium heeds only where scripts run. */
const PRELOADS = /^request failed: GET \/pkg\/portcullis\.(js|wasm) csp$/;

const address = (client, more = '') => `/ask?client=${client}&to=${TO}&port=80&protocol=TCP${more}`;

let pages = {};

export default group('ask', {
  'a guarded Service to ask about': async (stage) => {
    const { page } = await stage.window();
    pages = await prepare(page);
  },

  'by keyboard, from anywhere': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, '/history');
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await page.waitForURL('**/ask');
    await page.keyboard.press('/');
    await page.keyboard.type(IN);
    await page.keyboard.press('Tab');
    await page.keyboard.type(TO);
    await page.keyboard.press('Tab');
    await page.keyboard.type('80');
    await page.keyboard.press('Enter');
    await page.waitForURL(/client=50\.60\.1\.2/);
    await ask.verdict(page).getByText(/^Allowed on/).waitFor();
    const url = new URL(page.url());
    same([url.searchParams.get('to'), url.searchParams.get('port')], [TO, '80'], 'the question in the address');
  },

  'a Service that the cluster does not have is named': async (stage) => {
    const { page, guard } = await stage.window();
    guard.expect(/^answer 404: GET \/ask/);
    await act.go(page, `/ask?client=${IN}&to=shop/none&port=80&protocol=TCP`);
    await page.getByRole('alert').getByText('There is no Service shop/none').waitFor();
    await accessible(page, 'a question about a Service that is not there');
  },

  'an address that is pasted asks the same': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, address(OUT));
    await ask.verdict(page).getByText(/^Denied on/).waitFor();
    same(await ask.client(page).inputValue(), OUT, 'the client in the form');
    await ask.client(page).fill(IN);
    await page.keyboard.press('Enter');
    await ask.verdict(page).getByText(/^Allowed on/).waitFor();
    await page.goBack();
    await ask.verdict(page).getByText(/^Denied on/).waitFor();
    await soon(async () => same(await ask.client(page).inputValue(), OUT, 'the client after going back'));
    await ask.hops(page).first().waitFor();
    holds((await ask.hops(page).allInnerTexts()).some((text) => /Edge, before translation/.test(text) && /rule \d/.test(text)), 'the rule of the edge is named');
  },

  'what is wrong stands beside its field, and nothing is lost': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, address('50.60.1'));
    await page.getByText('write an address, pod:NAMESPACE/NAME or node:NAME').waitFor();
    same(await ask.client(page).getAttribute('aria-invalid'), 'true', 'the field is marked');
    same(await ask.to(page).inputValue(), TO, 'what was right');
    await accessible(page, 'a question that cannot be read');
  },

  'beside a plan': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, pages.Plan);
    await page.getByRole('link', { name: 'Ask about one client, now and as planned' }).click();
    await page.waitForURL(/\/ask\?.*plan=/);
    await ask.client(page).fill('50.1.2.3');
    await page.getByRole('textbox', { name: 'Port', exact: true }).fill('80');
    await page.keyboard.press('Enter');
    await ask.verdict(page).first().getByText(/^Denied on/).waitFor();
    await ask.verdict(page).nth(1).getByText(/^Allowed on/).waitFor();
    await page.getByText('differs').first().waitFor();
    await accessible(page, 'an answer beside a plan');
  },

  'without JavaScript': async (stage) => {
    const { page, guard } = await stage.window({ script: false });
    guard.expect(PRELOADS);
    await page.goto('/ask');
    await ask.client(page).fill(OUT);
    await ask.to(page).fill(TO);
    await page.getByRole('textbox', { name: 'Port', exact: true }).fill('80');
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await ask.verdict(page).getByText(/^Denied on/).waitFor();
    holds(await ask.hops(page).first().isVisible(), 'hops can be read');
  },

  'at home from a phone to a wide screen': async (stage) => {
    for (const [width, theme] of [[320, 'dark'], [390, 'light'], [1440, 'dark'], [2560, 'light']]) {
      const { page } = await stage.window({ width, theme });
      await act.go(page, address(OUT));
      await ask.verdict(page).waitFor();
      await fits(page, `ask at ${width}`);
      await stage.keep(page, `Ask ${width} ${theme}`);
    }
  },
});
