// The baseline: advertised ranges closed by default, and automatic HostEndpoints, each a plan that shows what it does, and the way back.
import * as act from '../action/job.mjs';
import { SERVICE } from '../action/prepare.mjs';
import { accessible } from '../check/axe.mjs';
import { holds, same } from '../check/is.mjs';
import { fits } from '../check/layout.mjs';
import * as baseline from '../find/baseline.mjs';
import * as plan from '../find/plan.mjs';
import { group } from '../lib/runner.mjs';

/** Leptos marks its preloads with the nonce in a way that Chromium heeds only where scripts run. */
const PRELOADS = /^request failed: GET \/pkg\/portcullis\.(js|wasm) csp$/;

let closing;

export default group('baseline', {
  'a plan that is blocked says so, and not that all is as it asks for': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, '/cluster');
    await baseline.hostEndpoints(page).selectOption('existing');
    await baseline.button(page, 'Plan to close advertised ranges').click();
    await page.getByText('Blocked: this plan cannot be applied').waitFor();
    same(await page.getByText('Nothing needs to change').count(), 0, 'sentences that say that all is done');
    same(await page.getByText('holds', { exact: true }).count(), 0, 'words that say that it can be applied');
    await stage.keep(page, 'a blocked baseline');
    await accessible(page, 'a plan that is blocked');
    await page.getByRole('link', { name: 'Plan the baseline otherwise' }).click();
    await page.waitForURL('**/cluster#baseline');
  },

  'closed by default: planned without JavaScript': async (stage) => {
    const { page, guard } = await stage.window({ script: false });
    guard.expect(PRELOADS);
    await page.goto('/cluster');
    await baseline.hostEndpoints(page).selectOption('named');
    await baseline.networkInterface(page).fill('no interface');
    await baseline.button(page, 'Plan to close advertised ranges').click();
    await page.getByText('is not the name of an interface').first().waitFor();
    await baseline.hostEndpoints(page).selectOption('named');
    await baseline.networkInterface(page).fill('eth0');
    await baseline.button(page, 'Plan to close advertised ranges').click();
    await page.waitForURL('**/plans/*');
    await plan.section(page, 'Findings').getByText('will be closed').first().waitFor();
    closing = new URL(page.url()).pathname;
  },

  'what its plan shows, and its end': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, closing);
    await page.getByRole('heading', { name: 'Plan for the baseline' }).waitFor();
    await plan.objects(page).getByText('portcullis-closed').first().waitFor();
    await plan.section(page, 'Reachability').getByText('shop/svc-a').first().waitFor();
    holds((await plan.section(page, 'Path').count()) === 0, 'a plan of no Service has no path');
    await stage.keep(page, 'plan that closes');
    await accessible(page, 'a plan of the baseline');
    await act.apply(page, 'closed from now on');
    await act.go(page, '/cluster');
    await baseline.fact(page, 'Closed by default').getByText(/yes: /).waitFor();
    await act.go(page, SERVICE);
    await page.locator('h1 .state', { hasText: 'closed' }).waitFor();
    for (const width of [390, 1440]) {
      const { page: sized } = await stage.window({ width, height: 900 });
      await act.go(sized, '/cluster');
      await baseline.section(sized).scrollIntoViewIfNeeded();
      await stage.keep(sized, `baseline ${width}`);
      await fits(sized, `the baseline in ${width} px`);
      await accessible(sized, `the baseline in ${width} px`);
    }
  },

  'opened again by its revision': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, '/cluster');
    await baseline.button(page, 'Plan to close nothing by default').click();
    await page.waitForURL('**/plans/*');
    await plan.section(page, 'Findings').getByText('open again').first().waitFor();
    const run = await act.apply(page, 'not yet');
    holds(run.startsWith('/runs/'), 'it is a run like any other');
    await act.go(page, '/history');
    await page.getByRole('link', { name: 'the baseline' }).first().waitFor();
    await accessible(page, 'a history with revisions of the baseline');
    await page.getByRole('checkbox', { name: 'The baseline alone' }).check();
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.waitForURL(/baseline=true/);
    await page.getByRole('link', { name: 'the baseline' }).first().waitFor();
    same(await page.locator('li.event').count(), 2, 'revisions of the baseline');
  },

  'automatic HostEndpoints: every one is named': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, '/cluster');
    await baseline.button(page, 'Plan to switch them on').click();
    await page.waitForURL('**/plans/*');
    const made = plan.section(page, "What Calico's controller does");
    await made.getByText(/-auto-hep$/).first().waitFor();
    await stage.keep(page, 'plan of automatic HostEndpoints');
    await accessible(page, 'a plan of automatic HostEndpoints');
    // The sandbox has a policy of others that would cut the hosts off: it blocks, and is named.
    await plan.section(page, 'Findings').getByText('edge-hosts-ssh').first().waitFor();
    holds((await page.getByRole('textbox', { name: /^Reason/ }).count()) === 0, 'what would cut hosts off cannot be applied');
  },
});
