// Where a Service is guarded: at its pods alone where these see the clients' own addresses, with the reason; and where not, why not and what to do.
import * as act from '../action/job.mjs';
import { accessible } from '../check/axe.mjs';
import { holds } from '../check/is.mjs';
import { fits } from '../check/layout.mjs';
import * as editor from '../find/editor.mjs';
import * as plan from '../find/plan.mjs';
import { group } from '../lib/runner.mjs';

const BALANCED = '/services/shop/storefront';
const KEEPS_TO_NODES = '/services/ops/logs';

export default group('place', {
  'where the pods do not see the clients the choice is barred, with the address and what to do': async (stage) => {
    const { page } = await stage.window({ width: 390, height: 844 });
    await act.go(page, BALANCED);
    const alone = editor.podsAlone(page);
    holds(await alone.isDisabled(), 'a load balancer with a cluster IP that any node leads on is not guarded at the pods alone');
    await page.getByText('The pods cannot guard it alone').waitFor();
    const why = await page.locator('#place-why').innerText();
    holds(why.includes('(cluster IP)') && why.includes('internalTrafficPolicy: Local'), `the address and what to do are named: ${why}`);
    await fits(page, 'why the pods cannot guard alone');
    await accessible(page, 'a Service that its pods cannot guard alone');
  },

  'where they do, a plan makes nothing at the nodes, and the choice is read back': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, KEEPS_TO_NODES);
    await page.getByText('The pods can guard it alone').waitFor();
    await editor.podsAlone(page).check();
    holds(!(await editor.createHostEndpoints(page).isVisible()), 'which HostEndpoints is not asked');
    await act.type(page, '50.60.0.0/16');
    await page.getByText("Its pods alone decide, by the clients' own addresses.").waitFor();
    await stage.keep(page, 'pods alone');
    await accessible(page, 'a guard at the pods alone, as it is typed');
    await act.review(page);
    const text = await plan.section(page, 'Objects').innerText();
    holds(text.includes('Pod policy') && !text.includes('Edge policy'), 'the plan has a pod policy and no edge policy');
    await act.apply(page, 'the pods see them');
    await act.go(page, KEEPS_TO_NODES);
    await page.getByText('at the pods alone').first().waitFor();
    holds(await editor.podsAlone(page).isChecked(), 'where it is guarded is read back');
  },
});
