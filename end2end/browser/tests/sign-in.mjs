// The printed link, and what happens without it.
import { accessible } from '../check/axe.mjs';
import { holds, same } from '../check/is.mjs';
import { fits } from '../check/layout.mjs';
import { group } from '../lib/runner.mjs';

const PLACES = ['/', '/services', '/services/default/svc-a', '/history', '/nothing/here', '/pkg/portcullis.js', '/events'];

export default group('sign-in', {
  'without a session every address says what to do': async (stage) => {
    const { page, guard } = await stage.stranger({ width: 390 });
    guard.expect(/^answer 401: GET \//);
    for (const place of PLACES) {
      const answer = await page.goto(place);
      same(answer.status(), 401, place);
      await page.getByRole('heading', { name: 'Not signed in' }).waitFor();
      holds(await page.getByText('Open the link that Portcullis printed').isVisible(), `${place} says what to do`);
    }
    same(await page.evaluate(() => getComputedStyle(document.querySelector('main')).borderTopStyle), 'solid', 'a card, as on the other pages');
    await stage.keep(page, 'strangers 390');
    const wide = await stage.stranger({ width: 1440, theme: 'dark' });
    wide.guard.expect(/^answer 401: GET \//);
    await wide.page.goto('/services');
    await stage.keep(wide.page, 'strangers 1440 dark');
    await accessible(page, 'the page for strangers');
    await fits(page, 'the page for strangers');
  },

  'the link leads in, in the browser that opens it first': async (stage) => {
    const first = await stage.stranger();
    await first.page.goto(stage.server.link);
    await first.page.waitForURL('**/services');
    await first.page.getByRole('heading', { name: 'Services', level: 1 }).waitFor();
    holds(!first.page.url().includes('secret'), 'the secret is not left in the address');

    const second = await stage.stranger();
    second.guard.expect(/^answer 401: GET \/enter/);
    await second.page.goto(stage.server.link);
    await second.page.getByRole('heading', { name: 'This link does not open' }).waitFor();
    await accessible(second.page, 'the page for a used link');

    await first.page.goto(stage.server.link);
    await first.page.waitForURL('**/services');
  },
});
