// Client groups: made, used by two Services, changed in one place by one plan over both, and taken back.
import * as act from '../action/job.mjs';
import { accessible } from '../check/axe.mjs';
import { holds, same, soon } from '../check/is.mjs';
import { fits, steady } from '../check/layout.mjs';
import * as editor from '../find/editor.mjs';
import * as groups from '../find/groups.mjs';
import * as plan from '../find/plan.mjs';
import { group } from '../lib/runner.mjs';

const OFFICE = '/groups?group=office';
const FIRST = '50.60.0.0/16';
const SECOND = '203.0.113.0/24';
const SERVICES = ['svc-a', 'svc-b'];

const disabled = (page) => soon(async () => holds(await editor.reviewPlan(page).isDisabled(), 'nothing is planned from that'));

/** The focus goes there. */
const focused = (locator) => soon(async () => holds(await locator.evaluate((field) => field === document.activeElement), `${locator} has the focus`));

export default group('groups', {
  'made: what is wrong is named row by row': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, '/groups');
    await page.getByText('The cluster has no group').waitFor();
    await groups.name(page).fill('The Office');
    await page.getByText('is not the name of a group').waitFor();
    await groups.name(page).fill('office');
    await groups.addRanges(page).click();
    await page.getByRole('heading', { level: 1, name: /^office/ }).waitFor();
    await act.type(page, '50.60.1.0/16', FIRST, FIRST);
    await soon(async () => holds((await editor.message(page, 1).innerText()).includes(FIRST), 'host bits set: the range that fits is named'));
    await soon(async () => holds((await editor.message(page, 3).innerText()).includes('row 2 already'), 'a range that stands there twice is named'));
    await disabled(page);
    await accessible(page, 'the editor of a group with wrong rows');
    await page.getByRole('button', { name: 'Remove range 3' }).click();
    await page.getByRole('button', { name: 'Remove range 1' }).click();
    await editor.note(page, 1).fill('Berlin');
    await editor.preview(page).getByText('Creates the group office with 1 range (65,536 addresses)').waitFor();

    // A reload loses nothing.
    await page.reload();
    await act.alive(page);
    await soon(async () => same(await editor.note(page, 1).inputValue(), 'Berlin', 'the draft after a reload'));
    await act.review(page);
    await page.getByRole('heading', { name: 'Plan for the group office' }).waitFor();
    await act.apply(page, 'the office of Berlin');
    await act.go(page, OFFICE);
    await page.getByText('The draft is what the cluster has.').waitFor();
    await disabled(page);
  },

  'used by two Services': async (stage) => {
    const { page } = await stage.window();
    for (const name of SERVICES) {
      await act.go(page, `/services/shop/${name}`);
      await act.onInterface(page, 'eth0');
      await groups.addGroup(page).click();
      await soon(async () => same(await groups.choice(page, 1).inputValue(), 'office', 'the group to begin with'));
      // One of them lets in a part of what will be added anyway.
      if (name === 'svc-b') await act.type(page, '203.0.113.0/25');
      await act.review(page);
      await act.apply(page, `the office uses ${name}`);
    }
    await act.go(page, '/groups');
    await groups.card(page, 'office').getByText('Used by 2 Services').waitFor();
    await accessible(page, 'the list of groups');
  },

  'changed in one place, with one plan over both, while others look on': async (stage) => {
    const { page: looker } = await stage.window();
    await act.go(looker, OFFICE);
    const { page: typist } = await stage.window();
    await act.go(typist, OFFICE);
    await editor.note(typist, 1).fill('another note');

    const { page } = await stage.window();
    await act.go(page, '/groups');
    await groups.card(page, 'office').getByRole('link', { name: 'Change the group office' }).click();
    await page.waitForURL(/[?]group=office$/);
    await editor.preview(page).getByText('no change').first().waitFor();
    await act.type(page, FIRST, SECOND);
    await groups.use(page, 'shop/svc-a').getByText('256 addresses newly allowed').waitFor();
    await groups.use(page, 'shop/svc-b').getByText('128 addresses newly allowed').waitFor();
    await stage.keep(page, 'a group being changed 1440');
    await accessible(page, 'the editor of a group');
    await act.review(page);
    const objects = await plan.objects(page).innerText();
    for (const name of SERVICES) holds(objects.includes(name), `the plan writes a set of ${name}`);
    const reach = await plan.section(page, 'Reachability').innerText();
    for (const name of SERVICES) holds(reach.includes(`shop/${name}`), `the plan says what becomes of shop/${name}`);
    await stage.keep(page, 'the plan of a group');
    await accessible(page, 'the plan of a group');
    await act.apply(page, 'the office moves');

    await soon(async () => same(await editor.range(looker, 2).inputValue(), SECOND, 'whoever looks on sees the range'));
    await typist.getByText('The group has changed in the cluster').waitFor();
    same(await editor.note(typist, 1).inputValue(), 'another note', 'what was typed stays');
    await typist.getByRole('button', { name: 'Discard draft' }).click();
    await soon(async () => same(await editor.range(typist, 2).inputValue(), SECOND, 'discarded, it is what the cluster has'));
  },

  'taken back for both in one go': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, '/history?group=office');
    const rows = page.locator('li.event');
    await soon(async () => same(await rows.count(), 2, 'revisions of the group'));
    same(await page.getByText('in force', { exact: true }).count(), 1, 'revisions of the group that are in force');
    await stage.keep(page, 'history of a group');
    await rows.first().getByRole('link').first().click();
    await page.getByRole('heading', { name: /^Revision/ }).waitFor();
    await page.getByRole('button', { name: /^Plan to undo revision/ }).click();
    await page.getByRole('heading', { name: 'Plan for the group office' }).waitFor();
    await act.apply(page, 'a mistake');
    for (const name of SERVICES) {
      await act.go(page, `/services/shop/${name}`);
      await page.getByText('1 range · 65,536 addresses').first().waitFor();
    }
  },

  'what is in use is not deleted': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, OFFICE);
    await page.getByText('2 Services use it: take the').waitFor();
    holds(await page.getByRole('button', { name: 'Plan to delete' }).isDisabled(), 'a group in use is not deleted');
  },

  'by the keyboard alone': async (stage) => {
    const { page } = await stage.window();
    const press = async (...keys) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await act.go(page, '/groups?group=partner');
    await press('e');
    await focused(editor.range(page, 1));
    await page.keyboard.type('198.51.100.0/25');
    await press('Enter');
    await focused(editor.range(page, 2));
    await page.keyboard.type('198.51.100.128/26');
    await press('Tab');
    await page.keyboard.type('the second site');
    await press('Escape', 'p');
    await page.waitForURL('**/plans/*');
    await page.getByText('Creates the group partner with 2 ranges').waitFor();
    await press('e');
    await page.keyboard.type('a partner');
    await press('Enter');
    await page.waitForURL('**/runs/*');
    await plan.landed(page).waitFor();
    await act.go(page, '/groups');
    await press('j', 'j', 'Enter');
    await page.waitForURL(/[?]group=partner$/);
    same(await editor.note(page, 2).inputValue(), 'the second site', 'the note of the second range');
  },

  'on a phone and on a laptop': async (stage) => {
    for (const [width, theme] of [[390, 'light'], [390, 'dark'], [1440, 'light'], [1440, 'dark']]) {
      const { page } = await stage.window({ width, height: width < 600 ? 844 : 900, theme });
      for (const [name, path] of Object.entries({ groups: '/groups', group: OFFICE, history: '/history?group=office' })) {
        await act.go(page, path);
        await page.waitForTimeout(150);
        await stage.keep(page, `${name} ${width} ${theme}`);
        await fits(page, `${name} in ${width} px`);
        await steady(page, `${name} in ${width} px`);
      }
      await act.go(page, OFFICE);
      await act.type(page, '50.60.0.0/17', SECOND, '1.2.3.4/8');
      await editor.message(page, 3).getByText(/./).first().waitFor();
      await stage.keep(page, `group being changed ${width} ${theme}`);
      await fits(page, `a group being changed in ${width} px`);
    }
  },
});
