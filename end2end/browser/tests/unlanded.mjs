// A run that failed is found later: among the revisions, at its Service, among the changes; and leads on.
import * as act from '../action/job.mjs';
import { accessible } from '../check/axe.mjs';
import { holds, same, soon } from '../check/is.mjs';
import { fits } from '../check/layout.mjs';
import * as plan from '../find/plan.mjs';
import { Elsewhere } from '../lib/elsewhere.mjs';
import { group } from '../lib/runner.mjs';

const SERVICE = '/services/shop/svc-a';
const events = (page) => page.locator('li.unlanded');

export default group('unlanded', {
  'a run that failed is found, and its plan is applied again': async (stage) => {
    const { elsewhere, other } = await Elsewhere.beside(stage);
    try {
      const { page } = await other.window();
      await act.go(page, SERVICE);
      await act.onInterface(page, 'eth0');
      await act.type(page, '50.60.0.0/16');
      await act.review(page);
      elsewhere.refuse(2);
      await plan.reason(page).fill('the first try');
      await plan.apply(page).click();
      await page.getByText('A step failed; what had been changed was put back').waitFor({ timeout: 30_000 });
      await page.getByRole('link', { name: 'Review its plan again' }).waitFor();
      await accessible(page, 'a run that failed');

      for (const place of ['/history', '/history?service=shop/svc-a', '/changes', `${SERVICE}?tab=history`]) {
        await act.go(page, place);
        same(await events(page).count(), 1, `runs that did not land at ${place}`);
        holds((await events(page).innerText()).includes('the first try'), `${place} says why it was made`);
        await accessible(page, `${place} with a run that did not land`);
      }
      await act.go(page, '/history?service=shop/svc-b');
      same(await events(page).count(), 0, 'of another Service');

      for (const [width, theme] of [[1440, 'light'], [390, 'dark']]) {
        const looker = await other.window({ width, theme, height: 900 });
        await act.go(looker.page, SERVICE);
        await looker.page.getByText('The last change did not land').waitFor();
        await stage.keep(looker.page, `service with a failed run ${width} ${theme}`);
        await fits(looker.page, 'a Service with a run that failed');
        await act.go(looker.page, '/history');
        await stage.keep(looker.page, `history with a failed run ${width} ${theme}`);
        await fits(looker.page, 'a history with a run that failed');
      }

      await act.go(page, SERVICE);
      await page.getByRole('link', { name: 'Review its plan again' }).click();
      await page.waitForURL('**/plans/*');
      elsewhere.refuse(0);
      await act.apply(page, 'the second try');
      await act.go(page, SERVICE);
      await soon(async () => same(await page.getByText('The last change did not land').count(), 0, 'notices once something was applied'));
      await act.go(page, '/history');
      same(await events(page).count(), 1, 'it stays in the history');
      await act.go(page, '/changes');
      same(await events(page).count(), 0, 'and is no open change');

      // The revision says what it did to clients, as its plan did, once nothing of that can be told from the cluster any more.
      await act.go(page, '/revisions/1');
      const reach = plan.section(page, 'Reachability');
      await reach.getByText('newly denied').first().waitFor();
      holds((await reach.locator('.sentence').innerText()).includes('shop/svc-a'), 'the sentence of the plan');
      await page.getByRole('button', { name: 'Plan to undo revision 1' }).waitFor();
      await page.getByText('What was there before it – shop/svc-a: not guarded').waitFor();
      await stage.keep(page, 'revision');
      await accessible(page, 'a revision with what it did');
    } finally {
      await elsewhere.close(stage);
    }
  },
});
