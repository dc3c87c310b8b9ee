// The job without a mouse.
import * as act from '../action/job.mjs';
import { holds, same, soon } from '../check/is.mjs';
import * as editor from '../find/editor.mjs';
import * as plan from '../find/plan.mjs';
import * as services from '../find/services.mjs';
import { group } from '../lib/runner.mjs';

/** Presses Tab until what has the focus fits. */
async function tabTo(page, locator, most = 80) {
  for (let presses = 0; presses < most; presses += 1) {
    if (await locator.evaluate((element) => element === document.activeElement).catch(() => false)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach ${locator} within ${most} presses`);
}

/** The focus goes there. */
const focused = (locator) => soon(async () => holds(await locator.evaluate((field) => field === document.activeElement), `${locator} has the focus`));

/** Where the focus is can be seen. */
async function seen(page) {
  const hidden = await page.evaluate(() => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
    return (outlineStyle === 'none' || outlineWidth === '0px') && boxShadow === 'none' ? document.activeElement.outerHTML.slice(0, 200) : null;
  });
  same(hidden, null, 'an element whose focus cannot be seen');
}

/** What stands over the page, as the foot of a plan does, leaves free where the focus is. */
async function uncovered(page) {
  const covered = await page.evaluate(() => {
    const focused = document.activeElement;
    const { left, top, width, height } = focused.getBoundingClientRect();
    const over = document.elementFromPoint(left + Math.min(width / 2, 20), top + Math.min(height / 2, 12))?.closest('.foot, .rail, .topbar');
    return over && !over.contains(focused) ? focused.outerHTML.slice(0, 200) : null;
  });
  same(covered, null, 'an element that has the focus and is covered');
}

export default group('keyboard', {
  'from the list to an applied plan': async (stage) => {
    const { page } = await stage.window();
    const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
    await act.go(page, '/history');
    await press('g', 's');
    await page.waitForURL('**/services');
    await press('/');
    await page.keyboard.type('svc-b');
    await page.waitForURL(/q=svc-b/);
    await soon(async () => same(await services.rows(page).count(), 1, 'rows'));
    await press('Escape', 'j');
    await seen(page);
    await press('Enter');
    await page.waitForURL('**/services/shop/svc-b');
    await editor.reviewPlan(page).waitFor();

    const create = editor.createHostEndpoints(page);
    if (await create.isVisible()) {
      await tabTo(page, create);
      await press('Space');
      await tabTo(page, editor.hostInterface(page));
      await page.keyboard.type('eth0');
      await press('Escape');
    }
    if (!(await editor.range(page, 1).isVisible())) {
      await editor.addRange(page).focus();
      await press('Enter');
    } else {
      await press('Escape', 'e');
    }
    await focused(editor.range(page, 1));
    await seen(page);
    await page.keyboard.type('50.60.0.0/16');
    await press('Enter');
    await focused(editor.range(page, 2));
    await page.keyboard.type('203.0.113.0/24');
    await press('Escape', 'p');
    await page.waitForURL('**/plans/*');
    await plan.reason(page).waitFor();
    await press('e');
    await page.keyboard.type('without a mouse');
    await press('Enter');
    await page.waitForURL('**/runs/*');
    await plan.landed(page).waitFor();
  },

  'the focus can be seen on everything that Tab reaches': async (stage) => {
    for (const theme of ['light', 'dark']) {
      const { page } = await stage.window({ theme });
      for (const path of ['/services', '/services/shop/svc-b', '/history?service=shop/svc-b']) {
        await act.go(page, path);
        for (let presses = 0; presses < 40; presses += 1) {
          await page.keyboard.press('Tab');
          if (await page.evaluate(() => document.activeElement === document.body)) break;
          await seen(page);
        }
      }
    }
  },

  'nothing covers what Tab reaches': async (stage) => {
    for (const [width, height] of [[1280, 600], [390, 844]]) {
      const { page } = await stage.window({ width, height });
      await act.go(page, '/services/shop/svc-b');
      await act.type(page, '50.60.0.0/17');
      await act.review(page);
      for (const path of ['/services', new URL(page.url()).pathname]) {
        await act.go(page, path);
        for (let presses = 0; presses < 60; presses += 1) {
          await page.keyboard.press('Tab');
          if (await page.evaluate(() => document.activeElement === document.body)) break;
          await uncovered(page);
        }
      }
    }
  },

  'the palette leads to pages and to Services': async (stage) => {
    const { page } = await stage.window();
    const palette = page.getByRole('dialog', { name: 'Go to' });
    await act.go(page, '/services');
    await page.keyboard.press('Control+k');
    await palette.waitFor();
    await page.keyboard.type('clus');
    await soon(async () => same(await palette.getByRole('link').first().innerText(), 'Cluster\npage', 'the first line'));
    await page.keyboard.press('Enter');
    await page.waitForURL('**/cluster');
    await palette.waitFor({ state: 'hidden' });
    await page.keyboard.press('Control+k');
    await palette.waitFor();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('svc-b');
    await palette.getByRole('link', { name: 'shop/svc-b' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await seen(page);
    await focused(palette.getByRole('link', { name: 'shop/svc-b' }));
    await page.keyboard.press('ArrowUp');
    await focused(palette.getByRole('textbox'));
    await page.keyboard.press('Enter');
    await page.waitForURL('**/services/shop/svc-b');
  },

  'the skip link and the list of keys': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, '/services');
    await page.keyboard.press('Tab');
    same(await page.evaluate(() => document.activeElement.textContent), 'Skip to the page', 'what Tab reaches first');
    await page.keyboard.press('Enter');
    same(await page.evaluate(() => document.activeElement.id), 'main', 'where the skip link leads');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor({ state: 'hidden' });
  },
});
