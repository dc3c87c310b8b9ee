// Somebody writes into the cluster's objects elsewhere: it is said of the group, of the Service, and of those that share its edge policy.
import * as act from '../action/job.mjs';
import { accessible } from '../check/axe.mjs';
import { same, soon } from '../check/is.mjs';
import { fits } from '../check/layout.mjs';
import * as editor from '../find/editor.mjs';
import * as groups from '../find/groups.mjs';
import * as services from '../find/services.mjs';
import { Elsewhere } from '../lib/elsewhere.mjs';
import { group } from '../lib/runner.mjs';

/** A promise that somebody else keeps. */
function later() {
  let resolve;
  const promise = new Promise((keep) => {
    resolve = keep;
  });
  return { promise, resolve };
}

export default group('drift', {
  'of a client group, and of a Service that shares its edge policy': async (stage) => {
    const { elsewhere, other } = await Elsewhere.beside(stage);
    try {
      const { page } = await other.window();
      await act.go(page, '/groups?group=office');
      await act.type(page, '50.60.0.0/16');
      await act.review(page);
      await act.apply(page, 'the office');
      for (const name of ['svc-a', 'svc-b']) {
        await act.go(page, `/services/shop/${name}`);
        await act.onInterface(page, 'eth0');
        await act.type(page, '203.0.113.0/24');
        if (name === 'svc-a') {
          await groups.addGroup(page).click();
          await soon(async () => same(await groups.choice(page, 1).inputValue(), 'office', 'the group to begin with'));
        }
        await act.review(page);
        await act.apply(page, `guards ${name}`);
      }

      await elsewhere.add((set) => set.metadata.name === 'portcullis-group-office', '6.6.6.0/24');
      await act.go(page, '/groups');
      await page.getByText('The group office has drifted').waitFor();
      await page.getByText('6.6.6.0/24 was added').waitFor();
      await accessible(page, 'a group that has drifted');
      for (const [width, theme] of [[1440, 'light'], [390, 'dark']]) {
        const looker = await other.window({ width, theme, height: 900 });
        for (const [name, path] of Object.entries({ list: '/groups', one: '/groups?group=office', service: '/services/shop/svc-a' })) {
          await act.go(looker.page, path);
          await stage.keep(looker.page, `group drift ${name} ${width} ${theme}`);
          await fits(looker.page, `${path} with a group that has drifted`);
        }
      }
      await act.go(page, '/checks');
      await page.getByText('is not as revision 1 left it').waitFor();
      await act.go(page, '/services/shop/svc-a');
      await page.getByText('Its client group office was changed in the cluster').waitFor();
      await page.getByRole('button', { name: 'Review the plan that gives it the group as it is now' }).waitFor();
      same(await page.getByText('Its clients differ from the group').count(), 0, 'notices that say the same once more');
      await page.getByRole('link', { name: 'See to the group office' }).click();
      await page.getByRole('button', { name: 'Review the plan that undoes it for office' }).click();
      await page.waitForURL('**/plans/*');
      await act.apply(page, 'nobody asked for that');
      await act.go(page, '/groups');
      await soon(async () => same(await page.getByText('has drifted').count(), 0, 'groups that have drifted'));

      await act.go(page, '/services/shop/svc-a');
      await editor.range(page, 1).waitFor();
      await elsewhere.add((set) => set.metadata.annotations?.['portcullis.dev/service'] === 'shop/svc-b' && set.metadata.name.includes('-clients-'), '7.7.7.0/24');
      await act.go(page, '/services?ns=shop');
      await services.row(page, 'svc-b').getByText('drifted').waitFor();
      await act.go(page, '/services/shop/svc-b');
      await page.getByText(': 7.7.7.0/24 was added.').waitFor();
      await act.go(page, '/checks');
      await page.getByText('Somebody changed what was applied for shop/svc-b').waitFor();

      // An answer about the Service that comes once its page was left finds nothing to write into.
      await act.go(page, '/services/shop/svc-b');
      const asked = later();
      const left = later();
      await page.route('**/api/app/api/service', async (route) => {
        asked.resolve();
        await left.promise;
        await route.continue();
      });
      await elsewhere.add((set) => set.metadata.annotations?.['portcullis.dev/service'] === 'shop/svc-b' && set.metadata.name.includes('-clients-'), '8.8.8.0/24');
      await asked.promise;
      await page.getByRole('link', { name: 'Groups', exact: true }).first().click();
      await page.waitForURL('**/groups');
      const answered = page.waitForResponse('**/api/app/api/service');
      left.resolve();
      await answered;
      await page.waitForTimeout(300);
    } finally {
      await elsewhere.close(stage);
    }
  },
});
