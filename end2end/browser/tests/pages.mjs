// Every page: no complaint, no jump, nothing for axe to find, at home from a phone to a wide screen.
import * as act from '../action/job.mjs';
import { prepare } from '../action/prepare.mjs';
import { accessible } from '../check/axe.mjs';
import { each, holds } from '../check/is.mjs';
import { fits, steady } from '../check/layout.mjs';
import * as editor from '../find/editor.mjs';
import { group } from '../lib/runner.mjs';

let pages = {};

/** Each page in a window of this width. */
const at = (width, theme) => async (stage) => {
  const { page } = await stage.window({ width, height: width < 600 ? 844 : 900, theme });
  await each(Object.entries(pages), async ([name, path]) => {
    await act.go(page, path);
    await page.waitForTimeout(150); // what would move has moved by then
    await stage.keep(page, `${name} ${width} ${theme}`);
    await each([fits, steady], (check) => check(page, `${name} (${path})`));
  });
};

export default group('pages', {
  'a history to show': async (stage) => {
    const { page } = await stage.window();
    pages = await prepare(page);
  },

  'axe finds nothing on any page, light and dark': async (stage) => {
    const { page } = await stage.window();
    await each(Object.entries(pages), async ([name, path]) => {
      await act.go(page, path);
      holds((await page.title()).endsWith(' · Portcullis'), `${path} has a title of its own`);
      await accessible(page, `${name} (${path})`);
    });
  },

  'axe finds nothing in the editor at work': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, '/services/shop/svc-b');
    await act.onInterface(page, 'eth0');
    await act.type(page, '50.60.1.0/16', 'nonsense', '10.0.0.0/8');
    await editor.message(page, 2).getByText(/./).first().waitFor();
    await accessible(page, 'the editor with wrong ranges');
    await page.getByRole('button', { name: 'Paste a list' }).click();
    await page.getByRole('dialog').waitFor();
    await accessible(page, 'the dialog for a pasted list');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Command palette' }).click();
    await page.getByRole('dialog', { name: 'Go to' }).waitFor();
    await accessible(page, 'the palette');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Keyboard help' }).click();
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await accessible(page, 'the list of keys');
  },

  'a phone, light': at(390, 'light'),
  'a phone, dark': at(390, 'dark'),
  'a laptop, light': at(1440, 'light'),
  'a laptop, dark': at(1440, 'dark'),
  'a wide screen, light': at(2560, 'light'),
});
