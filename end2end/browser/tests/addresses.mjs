// A Service with every kind of address: guarded as a whole, with its load balancers; what the page would have done; who advertises it; the grid.
import * as act from '../action/job.mjs';
import { accessible } from '../check/axe.mjs';
import { holds } from '../check/is.mjs';
import { fits } from '../check/layout.mjs';
import * as plan from '../find/plan.mjs';
import { group } from '../lib/runner.mjs';

const BALANCED = '/services/shop/storefront';

export default group('addresses', {
  'load balancers are asked for where there are NodePorts, and bad ones named': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, '/services/shop/svc-a');
    const ranges = page.getByRole('group', { name: 'Load balancers' }).getByLabel('Ranges');
    holds(!(await ranges.isVisible()), 'a Service without NodePorts is not asked about load balancers');
    await act.go(page, BALANCED);
    await page.getByText('as part of').first().waitFor();
    await act.onInterface(page, 'eth0');
    await act.type(page, '50.60.0.0/16');
    await ranges.fill('198.51.100.7/24');
    await page.getByText('198.51.100.7/24').and(page.locator('#balancers-message *')).waitFor();
    holds(await page.getByRole('button', { name: 'Review plan' }).isDisabled(), 'no plan is made of a bad range');
    await ranges.fill('198.51.100.0/24');
    await accessible(page, 'a Service with load balancers');
    await act.review(page);
    const text = await plan.section(page, 'Objects').innerText();
    for (const part of ['load-balancers', '30080', '30443', '198.51.100.0/24']) holds(text.includes(part), `the plan has ${part}`);
    await act.apply(page, 'every address at once');
    await act.go(page, BALANCED);
    holds((await ranges.inputValue()) === '198.51.100.0/24', 'the load balancers are read back');
  },

  'a plan has what the page would have done beside it': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, BALANCED);
    await act.type(page, '70.80.0.0/16');
    await act.review(page);
    await page.getByText("What Calico's page would have done").click();
    await page.getByText(/^Followed by hand, the page would have/).waitFor();
    await page.getByRole('columnheader', { name: "By Calico's page" }).waitFor();
    await stage.keep(page, 'plan beside the page');
    await accessible(page, 'a plan beside the page');
  },

  'the grid of HostEndpoints': async (stage) => {
    const { page } = await stage.window({ width: 390, height: 844, theme: 'dark' });
    await act.go(page, '/checks');
    await page.getByRole('heading', { name: 'Coverage' }).waitFor();
    await page.locator('table.coverage').getByText('by Portcullis').first().waitFor();
    await fits(page, 'the grid');
    await stage.keep(page, 'grid at 390');
    await accessible(page, 'the grid');
  },
});
