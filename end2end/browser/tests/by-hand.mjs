// What somebody made by hand: said with what it really does, taken over by a plan, and put back as it was.
import * as act from '../action/job.mjs';
import { accessible } from '../check/axe.mjs';
import { holds, same, soon } from '../check/is.mjs';
import { fits } from '../check/layout.mjs';
import * as editor from '../find/editor.mjs';
import * as plan from '../find/plan.mjs';
import * as services from '../find/services.mjs';
import { group } from '../lib/runner.mjs';

const PAGE = '/services/orders/intake';
const THEIRS = 'GlobalNetworkPolicy allow-clients-intake';

const notice = (page) => page.locator('.notice').filter({ hasText: 'Made by hand' });

/** The same whatever the order of the fields. */
const ordered = (value) => {
  if (Array.isArray(value)) return value.map(ordered);
  if (!value || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, ordered(value[name])]));
};

const kept = {};

export default group('by hand', {
  'the cluster before': async (stage) => {
    kept.before = ordered(await stage.objects((objects) => objects.policies()));
    holds(kept.before[THEIRS], 'the sandbox has a policy that was made by hand');
  },

  'the page says what the policies really do': async (stage) => {
    const { page } = await stage.window({ width: 1440 });
    await act.go(page, PAGE);
    await page.locator('h1 .state', { hasText: 'by hand' }).waitFor();
    const said = await notice(page).innerText();
    for (const text of ['is guarded by hand', 'allow-clients-intake', '65,792 addresses are shut out', 'on another node than they enter by']) {
      holds(said.includes(text), `the notice says ${text}: ${said}`);
    }
    await accessible(page, 'a Service that was guarded by hand');
    await act.go(page, '/checks');
    await page.getByText('orders/intake').first().waitFor();
    holds(!(await page.locator('main').innerText()).includes('*Ask*'), 'a page is named without asterisks');
    await act.go(page, '/services?q=intake');
    await services.row(page, 'intake').locator('.state', { hasText: 'by hand' }).waitFor();
  },

  'the editor begins with what they mean': async (stage) => {
    const { page } = await stage.window({ width: 1440 });
    await act.go(page, PAGE);
    same(await editor.range(page, 1).inputValue(), '50.60.0.0/16', 'the first range');
    same(await editor.note(page, 2).inputValue(), 'allow-clients-intake, rule 1', 'where the second comes from');
    holds(await page.getByRole('checkbox', { name: /^Take over 1 policy/ }).isChecked(), 'it is taken over unless somebody says otherwise');
    await act.onInterface(page, 'eth0');
    // Who can reach it with the draft: those that are shut out now get in.
    await editor.preview(page).getByText('Lets 65,792 more addresses reach orders/intake').waitFor();
    await stage.keep(page, 'by hand 1440 light');
    await act.review(page);
    await plan.section(page, 'Reachability').getByText('orders/intake').first().waitFor();
    const steps = await plan.steps(page).allInnerTexts();
    holds(steps.at(-1).includes('allow-clients-intake'), `what was made by hand goes last: ${steps.at(-1)}`);
    await page.getByText('Takes over 1 policy that was made by hand').waitFor();
    await stage.keep(page, 'the plan that takes over');
    await accessible(page, 'a plan that takes over');
    await act.apply(page, 'one guard that holds on every way');
    await act.go(page, PAGE);
    await page.locator('h1 .state', { hasText: 'guarded' }).waitFor();
    same(await notice(page).count(), 0, 'notices that something was made by hand');
  },

  'and is gone from the cluster': async (stage) => {
    const now = await stage.objects((objects) => objects.policies());
    same(Object.keys(now).includes(THEIRS), false, `there is a ${THEIRS}`);
    holds(Object.keys(now).some((key) => key.includes('portcullis-edge-intake')), 'there is an edge policy for it');
  },

  'rolled back it is as it was': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, '/history?service=orders/intake');
    await page.locator('li.event a[href^="/revisions/"]').first().click();
    await page.getByRole('heading', { name: /^Revision/ }).waitFor();
    await page.getByRole('button', { name: /^Plan to undo revision/ }).click();
    await page.waitForURL('**/plans/*');
    await plan.steps(page).first().waitFor();
    const steps = await plan.steps(page).allInnerTexts();
    holds(steps.some((step) => step.includes('allow-clients-intake')), 'the plan puts back what was made by hand');
    await act.apply(page, 'not yet');
    await act.go(page, PAGE);
    await notice(page).waitFor();
    const after = ordered(await stage.objects((objects) => objects.policies()));
    same(after, kept.before, 'the objects');
  },

  'taken over by the button of the notice, without JavaScript': async (stage) => {
    const { page, guard } = await stage.window({ script: false });
    guard.forgive(/^request failed: GET \/pkg\/portcullis\.(js|wasm) csp$/);
    await page.goto(PAGE);
    await page.getByRole('button', { name: 'Take over 1 policy' }).click();
    await page.waitForURL('**/plans/*');
    await page.getByText('Takes over 1 policy that was made by hand').waitFor();
  },

  'on a phone and in the dark': async (stage) => {
    for (const [width, theme] of [[390, 'light'], [390, 'dark'], [1440, 'dark']]) {
      const { page } = await stage.window({ width, height: 900, theme });
      await act.go(page, PAGE);
      await soon(async () => same(await editor.range(page, 1).inputValue(), '50.60.0.0/16', 'the first range'));
      await stage.keep(page, `by hand ${width} ${theme}`);
      await fits(page, `a Service guarded by hand in ${width} px`);
    }
  },
});
