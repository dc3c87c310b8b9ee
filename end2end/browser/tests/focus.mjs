// The focus goes to what comes next, and never to the beginning of the page.
import * as act from '../action/job.mjs';
import { holds, same, soon } from '../check/is.mjs';
import * as editor from '../find/editor.mjs';
import * as groups from '../find/groups.mjs';
import * as sentences from '../find/sentences.mjs';
import { group } from '../lib/runner.mjs';

const focused = (locator, what) => soon(async () => holds(await locator.evaluate((element) => element === document.activeElement), `the focus is on ${what}`));
const within = (locator, what) => soon(async () => holds(await locator.evaluate((element) => element.contains(document.activeElement)), `the focus is in ${what}`));
const press = async (page, button) => {
  await button.focus();
  await page.keyboard.press('Enter');
};

export default group('focus', {
  'after the name of a new group, a draft that is discarded, and a bulk change that is refused': async (stage) => {
    const { page, guard } = await stage.window();
    guard.expect(/^answer 422: POST/);
    await act.go(page, '/groups');
    await groups.name(page).fill('partner');
    await press(page, groups.addRanges(page));
    await page.getByRole('heading', { level: 1, name: /^partner/ }).waitFor();
    await focused(page.locator('#main'), 'the page of the group');

    await editor.range(page, 1).fill('203.0.113.0/24');
    await press(page, page.getByRole('button', { name: 'Discard draft' }));
    await focused(editor.range(page, 1), 'the first range');

    await act.go(page, '/services/change?service=shop/svc-a&service=shop/svc-b');
    await page.getByLabel('Client ranges').fill('50.60.0.1/16 TCP/80');
    await press(page, page.getByRole('button', { name: /^Review the plan/ }));
    await page.getByText('line 1').waitFor();
    await within(page.locator('.failure').filter({ hasText: 'line 1' }), 'the refusal');
  },

  'after a sentence that is kept, one that breaks a rule, and one that is taken back': async (stage) => {
    const { page, guard } = await stage.window();
    guard.expect(/^answer 422: POST/);
    await act.go(page, '/cluster');
    await sentences.sentence(page).fill('50.60.0.1/16 must never reach shop/svc-a');
    await sentences.reason(page).fill('a test');
    await press(page, sentences.keep(page));
    await page.getByText('Of the clients:').waitFor();
    await within(page.locator('.failure').filter({ hasText: 'Of the clients:' }), 'what is wrong');
    await sentences.sentence(page).fill('10.9.0.0/16 must never reach shop/svc-a');
    await sentences.reason(page).fill('a test');
    await press(page, sentences.keep(page));
    await sentences.rows(page).first().waitFor();
    await focused(page.getByRole('heading', { name: 'What must stay true' }), 'the heading');

    await sentences.takeBack(sentences.rows(page).first()).click();
    await sentences.rows(page).first().getByRole('textbox', { name: /^Reason/ }).fill('a test');
    await press(page, page.getByRole('button', { name: 'Take this sentence back' }));
    await soon(async () => same(await sentences.rows(page).count(), 0, 'sentences'));
    await focused(page.getByRole('heading', { name: 'What must stay true' }), 'the heading');
  },

  'after an import that fails': async (stage) => {
    const { page, guard } = await stage.window();
    guard.expect(/^answer 422: POST/);
    await act.go(page, '/services/shop/svc-a');
    await page.getByRole('button', { name: 'Import YAML' }).click();
    await page.getByLabel('YAML', { exact: true }).fill('service: shop/svc-a\nclients: [{cidr: x}]\n');
    await press(page, page.getByRole('button', { name: 'Take over as a draft' }));
    await focused(page.locator('#import-problems'), 'what is wrong with the YAML');
  },

  'the last port is not given up by unticking it, and Escape closes the menu alone': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, '/services/shop/storefront').catch(() => {});
    const menus = page.locator('details.port-choice');
    if ((await menus.count()) === 0) {
      // Whatever Service has two ports.
      await act.go(page, '/services');
      const row = page.locator('table.services tbody tr').filter({ has: page.locator('td[data-label="Ports"] li:nth-child(2)') }).first();
      await row.getByRole('link').first().click();
      await menus.first().waitFor();
      await act.alive(page);
    }
    const menu = menus.first();
    const box = (at) => menu.getByRole('checkbox').nth(at);
    await menu.locator('summary').click();
    await box(1).check();
    same(await box(0).isChecked(), false, 'one port is not all');
    // What is refused does not change: `uncheck` would wait for it.
    await box(1).click();
    await menu.getByText('Without a port it would be all of them').waitFor();
    same([await box(0).isChecked(), await box(1).isChecked()], [false, true], 'the port stays');
    await page.keyboard.press('Escape');
    await soon(async () => same(await menu.getAttribute('open'), null, 'the menu after Escape'));
    await focused(menu.locator('summary'), 'what opened the menu');
  },

  'groups are in the rail, among the keys and in the palette': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, '/services');
    await page.keyboard.press('g');
    await page.keyboard.press('g');
    await page.waitForURL('**/groups');
    await page.getByRole('heading', { level: 1, name: 'Client groups' }).waitFor();
    same(await page.getByRole('navigation', { name: 'Portcullis' }).getByRole('link', { name: 'Groups' }).getAttribute('aria-current'), 'page', 'the rail');
    await act.go(page, '/services');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('grou');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/groups');
  },
});
