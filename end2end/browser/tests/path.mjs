// Path: the picture by mouse, by keyboard, as a table, and before and after a plan.
import * as act from '../action/job.mjs';
import { SERVICE, prepare } from '../action/prepare.mjs';
import { accessible } from '../check/axe.mjs';
import { holds, same, soon } from '../check/is.mjs';
import { fits, steady } from '../check/layout.mjs';
import * as path from '../find/path.mjs';
import { group } from '../lib/runner.mjs';

const PRELOADS = /^request failed: GET \/pkg\/portcullis\.(js|wasm) csp$/;
const TAB = `${SERVICE}?tab=path`;

let pages = {};

export default group('path', {
  'a guarded Service to look at': async (stage) => {
    const { page } = await stage.window();
    pages = await prepare(page);
  },

  'every line is a row of the table too, and is told in words': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, SERVICE);
    await page.getByRole('link', { name: 'Path', exact: true }).click();
    await page.waitForURL('**/*tab=path*');
    await path.lines(page).first().waitFor();
    const count = await path.lines(page).count();
    holds(count >= 2, 'somebody gets in, and everyone else does not');
    same(await path.rows(page).count(), count, 'rows');
    const names = await path.lines(page).evaluateAll((lines) => lines.map((line) => line.getAttribute('aria-label')));
    holds(names.some((name) => /: allowed/.test(name)) && names.some((name) => /: denied by/.test(name)), `both verdicts are told: ${names.join(' | ')}`);
    await steady(page, 'the picture');
  },

  'by mouse: a line shows its hops, and the address keeps it': async (stage) => {
    const { page } = await stage.window({ width: 1440 });
    await act.go(page, TAB);
    await path.lines(page).last().locator('.mark').last().click();
    await path.panel(page).getByText('It is dropped here.').waitFor();
    holds(/line=\d/.test(page.url()), 'the address names the line');
    await page.reload();
    await path.panel(page).getByText('It is dropped here.').waitFor();
  },

  'by keyboard: arrows go through the lines, Enter selects, Escape lets go': async (stage) => {
    const { page } = await stage.window({ width: 1440 });
    await act.go(page, TAB);
    const focus = (at) => soon(async () => same(await page.evaluate(() => document.activeElement?.id), `way-${at}`, 'the line with the focus'));
    await path.lines(page).first().focus();
    await page.keyboard.press('ArrowDown');
    await focus(1);
    await page.keyboard.press('ArrowUp');
    await focus(0);
    await page.keyboard.press('Enter');
    await path.panel(page).waitFor();
    await focus(0);
    same(await path.lines(page).first().getAttribute('aria-current'), 'true', 'the selected line says so');
    await accessible(page, 'the picture with a line selected');
    await page.keyboard.press('Escape');
    await path.panel(page).waitFor({ state: 'detached' });
  },

  'before and after a plan': async (stage) => {
    const { page } = await stage.window({ width: 1440 });
    await act.go(page, pages.Plan);
    await path.lines(page).first().waitFor();
    holds((await page.getByText('± changed').count()) > 0, 'what the plan changes is marked');
    await page.getByRole('navigation', { name: 'Before or after' }).getByRole('link', { name: 'Before' }).click();
    await page.waitForURL(/side=before/);
    await stage.keep(page, 'Path before');
  },

  'without JavaScript a line is a link': async (stage) => {
    const { page, guard } = await stage.window({ script: false, width: 1440 });
    guard.expect(PRELOADS);
    await page.goto(TAB);
    await path.lines(page).last().locator('.mark').last().click();
    await path.panel(page).getByText('It is dropped here.').waitFor();
  },

  'on a phone the table takes its place': async (stage) => {
    for (const theme of ['light', 'dark']) {
      const { page } = await stage.window({ width: 390, height: 844, theme });
      await act.go(page, TAB);
      await path.rows(page).first().waitFor();
      holds(!(await path.picture(page).isVisible()), 'no picture that cannot be read');
      await fits(page, 'the tab Path');
      await path.rows(page).first().getByRole('link').click();
      await path.panel(page).waitFor();
    }
  },
});
