// Many Services at once: chosen in the list, changed by one plan, and taken back in one go.
import * as act from '../action/job.mjs';
import { accessible } from '../check/axe.mjs';
import { holds } from '../check/is.mjs';
import { fits } from '../check/layout.mjs';
import * as plan from '../find/plan.mjs';
import * as services from '../find/services.mjs';
import { group } from '../lib/runner.mjs';

const choose = async (page, names) => {
  await act.go(page, '/services?ns=shop');
  for (const name of names) await page.getByRole('checkbox', { name: `Choose shop/${name}` }).check();
  await page.getByRole('button', { name: 'Change the chosen' }).click();
  await page.getByRole('heading', { name: `Change ${names.length} Services` }).waitFor();
  await act.alive(page);
};

const review = async (page, how, ranges) => {
  await page.getByRole('radio', { name: how }).check();
  await page.getByLabel('Client ranges').fill(ranges);
  await page.getByRole('button', { name: /^Review the plan/ }).click();
};

export default group('many', {
  'Services that are chosen are changed together, and taken back together': async (stage) => {
    const { page, guard } = await stage.window();
    // What is refused is refused by name.
    guard.expect(/^answer 422: POST \/api\/app\/api\/change_many/);
    await act.go(page, '/services/shop/svc-a');
    await act.onInterface(page, 'eth0');
    await act.type(page, '10.0.0.0/8');
    await act.review(page);
    await act.apply(page, 'the first of them');

    await choose(page, ['svc-a', 'svc-b']);
    await accessible(page, 'Services that are changed together');
    await review(page, /^Let these ranges in too/, '50.60.0.0/16 # office');
    await page.getByText('nothing guards').waitFor();
    await review(page, /^Let in exactly these ranges/, '50.60.0.0/16\n50.60.0.1/24');
    await page.getByText('line 2').waitFor();
    await review(page, /^Let in exactly these ranges/, '50.60.0.0/16 # office');
    await page.getByRole('heading', { name: 'Plan for 2 Services' }).waitFor();
    const reach = await plan.section(page, 'Reachability').innerText();
    for (const name of ['shop/svc-a', 'shop/svc-b']) holds(reach.includes(name), `the plan says what becomes of ${name}`);
    await stage.keep(page, 'plan for two');
    await accessible(page, 'a plan for two Services');
    await act.apply(page, 'one contract, two Services');

    await page.getByRole('link', { name: /^revision \d+$/ }).click();
    await page.getByRole('heading', { name: /^Revision/ }).waitFor();
    await page.getByRole('button', { name: /take revision \d+ back/ }).click();
    await page.getByRole('heading', { name: 'Plan for 2 Services' }).waitFor();
    await act.apply(page, 'a mistake');
    await act.go(page, '/services?ns=shop');
    holds((await services.row(page, 'svc-b').innerText()).includes('open'), 'svc-b is open again');
    holds((await services.row(page, 'svc-a').innerText()).includes('16,777,216'), 'svc-a lets in whom it let in before');
  },

  'choosing on a phone': async (stage) => {
    const { page } = await stage.window({ width: 390, height: 844, theme: 'dark' });
    await choose(page, ['svc-a', 'svc-b']);
    await fits(page, 'Services that are changed together');
    await stage.keep(page, 'changed together at 390');
    await act.go(page, '/services?ns=shop');
    await fits(page, 'the list with its choices');
    await stage.keep(page, 'list at 390');
  },
});
