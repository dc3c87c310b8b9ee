// Many Services at once: chosen in the list, changed by one plan, and taken back in one go.
import * as act from '../action/job.mjs';
import { accessible } from '../check/axe.mjs';
import { holds, same, soon } from '../check/is.mjs';
import { fits } from '../check/layout.mjs';
import * as editor from '../find/editor.mjs';
import * as plan from '../find/plan.mjs';
import * as services from '../find/services.mjs';
import { group } from '../lib/runner.mjs';

const choose = async (page, names) => {
  await act.go(page, '/services?ns=shop');
  for (const name of names) await page.getByRole('checkbox', { name: `Choose shop/${name}` }).check();
  await page.getByRole('button', { name: `Change ${names.length} chosen Services` }).click();
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
    await review(page, /^Let these in too/, '50.60.0.0/16 # office');
    await page.getByText('nothing guards').waitFor();
    await review(page, /^Let in exactly these/, '50.60.0.0/16\n50.60.0.1/24');
    await page.getByText('line 2').waitFor();
    await review(page, /^Let in exactly these/, '50.60.0.0/16 # office');
    await page.getByRole('heading', { name: 'Plan for 2 Services' }).waitFor();
    const reach = await plan.section(page, 'Reachability').innerText();
    for (const name of ['shop/svc-a', 'shop/svc-b']) holds(reach.includes(name), `the plan says what becomes of ${name}`);
    await stage.keep(page, 'plan for two');
    await accessible(page, 'a plan for two Services');
    await act.apply(page, 'one contract, two Services');
    const run = page.url();
    await act.go(page, '/services/shop/svc-a');
    same(await editor.range(page, 1).inputValue(), '50.60.0.0/16', 'what was typed for the first of them was applied, and is no draft any more');
    await act.go(page, run);

    await page.getByRole('link', { name: /^revision \d+$/ }).click();
    await page.getByRole('heading', { name: /^Revision/ }).waitFor();
    await page.getByRole('button', { name: /^Plan to undo revision/ }).click();
    await page.getByRole('heading', { name: 'Plan for 2 Services' }).waitFor();
    await act.apply(page, 'a mistake');
    await act.go(page, '/services?ns=shop');
    holds((await services.row(page, 'svc-b').innerText()).includes('open'), 'svc-b is open again');
    holds((await services.row(page, 'svc-a').innerText()).includes('16,777,216'), 'svc-a lets in whom it let in before');
  },

  'ranges have ports of their own, groups come along, and Back loses nothing': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, '/groups?group=office');
    await act.type(page, '50.60.0.0/16');
    await act.review(page);
    await act.apply(page, 'the office');
    await choose(page, ['svc-a', 'svc-b']);
    await page.getByRole('radio', { name: /^Let in exactly these/ }).check();
    await page.getByLabel('Client ranges').fill('203.0.113.0/24 TCP/80 # partner');
    await page.getByRole('checkbox', { name: /^office/ }).check();
    await stage.keep(page, 'changed together with a group');
    await accessible(page, 'Services that are changed together, with groups');
    await page.getByRole('button', { name: /^Review the plan/ }).click();
    await page.getByRole('heading', { name: 'Plan for 2 Services' }).waitFor();
    await page.goBack();
    await act.alive(page);
    await soon(async () => same(await page.getByLabel('Client ranges').inputValue(), '203.0.113.0/24 TCP/80 # partner', 'what was typed'));
    holds(await page.getByRole('checkbox', { name: /^office/ }).isChecked(), 'the group is chosen still');
    holds(await page.getByRole('radio', { name: /^Let in exactly these/ }).isChecked(), 'and so is what is done');
    await page.getByRole('button', { name: /^Review the plan/ }).click();
    await page.getByRole('heading', { name: 'Plan for 2 Services' }).waitFor();
    await act.apply(page, 'a partner, and the office');
    await act.go(page, '/services/shop/svc-b');
    await page.getByText('office · 2 ranges').first().waitFor();
    same(await page.getByRole('combobox', { name: 'Group 1', exact: true }).inputValue(), 'office', 'its group');
    holds((await page.locator('details.port-choice summary, .ports.only').first().innerText()).includes('TCP/80'), 'the ports of the range');
  },

  'a choice is of Services, whatever rows are shown': async (stage) => {
    const { page } = await stage.window();
    const box = (name) => page.getByRole('checkbox', { name: `Choose shop/${name}` });
    await act.go(page, '/services?ns=shop');
    await box('svc-a').check();
    // Another Service stands in its row now.
    await page.getByRole('searchbox').fill('svc-b');
    await box('svc-a').waitFor({ state: 'detached' });
    holds(!(await box('svc-b').isChecked()), 'what is shown in its place is not chosen');
    await box('svc-b').check();
    await page.getByRole('button', { name: 'Change 2 chosen Services' }).waitFor();
    await page.getByRole('searchbox').fill('');
    await box('svc-a').waitFor();
    await soon(async () => holds((await box('svc-a').isChecked()) && (await box('svc-b').isChecked()), 'both are chosen still'));
    await box('svc-a').uncheck();
    await page.getByRole('searchbox').fill('svc-a');
    await box('svc-b').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Change 1 chosen Service' }).click();
    await page.getByRole('heading', { name: /^Change shop\/svc-b|^Change 1 Service/ }).waitFor();
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
