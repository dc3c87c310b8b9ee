// What must stay true: kept and taken back, with and without JavaScript; a plan that would break a sentence is stopped with its packet.
import * as act from '../action/job.mjs';
import { SERVICE } from '../action/prepare.mjs';
import { accessible } from '../check/axe.mjs';
import { holds, same, soon } from '../check/is.mjs';
import { fits } from '../check/layout.mjs';
import * as ask from '../find/ask.mjs';
import * as plan from '../find/plan.mjs';
import * as sentences from '../find/sentences.mjs';
import { group } from '../lib/runner.mjs';

/** Leptos marks its preloads with the nonce in a way that Chromium heeds only where scripts run. */
const PRELOADS = /^request failed: GET \/pkg\/portcullis\.(js|wasm) csp$/;

const GUESTS = '10.9.0.0/16 must never reach shop/svc-a';
const PARTNERS = '50.60.0.0/16 must always reach shop/svc-a on TCP 80';

async function keep(page, sentence, reason) {
  await sentences.sentence(page).fill(sentence);
  await sentences.reason(page).fill(reason);
  await sentences.keep(page).click();
}

export default group('sentences', {
  'kept without JavaScript': async (stage) => {
    const { page, guard } = await stage.window({ script: false });
    guard.expect(PRELOADS);
    await page.goto('/cluster');
    await keep(page, GUESTS, 'guests of the office');
    await sentences.rows(page).first().waitFor();
    const row = await sentences.rows(page).first().innerText();
    for (const text of ['does not hold', '10.9.0.0/16 must never reach shop/svc-a', '65,536 addresses', 'guests of the office']) {
      holds(row.includes(text), `the row says ${text}: ${row}`);
    }
    await keep(page, 'everyone must reach shop/svc-a', 'a slip');
    await page.getByText('write CIDR must never reach NAMESPACE/NAME').waitFor();
    same(await sentences.rows(page).count(), 1, 'sentences after a slip');
  },

  'a plan that would break one is stopped, and shows the packet': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, '/cluster');
    await keep(page, PARTNERS, 'the contract');
    await soon(async () => same(await sentences.rows(page).count(), 2, 'sentences'));
    await act.go(page, SERVICE);
    await act.onInterface(page, 'eth0');
    await act.type(page, '70.80.0.0/16');
    await act.review(page);
    const broken = plan.section(page, 'Findings').locator('article').filter({ hasText: 'must always reach' });
    await broken.getByText('does not hold').waitFor();
    holds(await page.getByRole('button', { name: 'Apply' }).isDisabled(), 'the plan cannot be applied');
    await stage.keep(page, 'plan that breaks a sentence');
    await accessible(page, 'a plan that breaks a sentence');
    await broken.getByRole('link', { name: 'Ask about this packet' }).click();
    await page.waitForURL(/\/ask\?client=50\.60\.0\.0&.*plan=/);
    await ask.verdict(page).first().getByText(/^Allowed on/).waitFor();
    await ask.verdict(page).nth(1).getByText(/^Denied on/).waitFor();
  },

  'what they are shown as': async (stage) => {
    for (const [width, theme] of [[390, 'light'], [390, 'dark'], [1440, 'light'], [1440, 'dark']]) {
      const { page } = await stage.window({ width, height: 900, theme });
      await act.go(page, '/cluster');
      await sentences.takeBack(sentences.rows(page).first()).click();
      await sentences.section(page).scrollIntoViewIfNeeded();
      await stage.keep(page, `sentences ${width} ${theme}`);
      await fits(page, `sentences in ${width} px`);
      if (theme === 'light') await accessible(page, `sentences in ${width} px`);
    }
    const { page } = await stage.window();
    await act.go(page, '/checks');
    await page.getByText('must never reach').first().waitFor();
    await accessible(page, 'checks with a broken sentence');
  },

  'taken back, with a reason': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, '/cluster');
    for (const left of [1, 0]) {
      const row = sentences.rows(page).first();
      await sentences.takeBack(row).click();
      await row.getByRole('textbox', { name: /^Reason/ }).fill('no longer meant');
      await row.getByRole('button', { name: 'Take this sentence back' }).click();
      await soon(async () => same(await sentences.rows(page).count(), left, 'sentences that are left'));
    }
    await page.getByText('No sentence is kept yet').waitFor();
  },
});
