// Access of many Services, and client groups, from one text of YAML.
import * as act from '../action/job.mjs';
import { accessible } from '../check/axe.mjs';
import { holds, same, soon } from '../check/is.mjs';
import { fits } from '../check/layout.mjs';
import { group } from '../lib/runner.mjs';

const yaml = (page) => page.getByLabel('YAML', { exact: true });
const send = (page) => page.getByRole('button', { name: 'Review the plans' }).click();
const service = (name, cidr) => `service: shop/${name}\nhostEndpoints:\n  interface: eth0\nclients:\n- cidr: ${cidr}\n`;
const focusIn = (page, place) => soon(async () => holds(await place.evaluate((element) => element.contains(document.activeElement)), 'the focus is there'));

export default group('import', {
  'what is wrong is named with its rule, and nothing is lost': async (stage) => {
    const { page, guard } = await stage.window();
    guard.expect(/^answer 422: POST \/api\/app\/api\/import/);
    await act.go(page, '/services');
    await page.getByRole('link', { name: 'Import YAML' }).click();
    await page.getByRole('heading', { name: 'Import YAML' }).waitFor();
    const text = `${service('svc-a', '50.60.0.1/16')}---\ngroup: The Office\nranges: []\n`;
    await yaml(page).fill(text);
    await send(page);
    await page.getByText('No plan is made: 2 things to mend').waitFor();
    const said = await page.getByLabel('What is wrong with the YAML').innerText();
    holds(said.includes('document 1, clients[0].cidr') && said.includes('document 2, group'), `each is named by its place: ${said}`);
    same(await yaml(page).inputValue(), text, 'what was typed');
    await focusIn(page, page.locator('#import-answer'));
    await accessible(page, 'an import with faults');
    await page.reload();
    await act.alive(page);
    await soon(async () => same(await yaml(page).inputValue(), text, 'what was typed, after a reload'));
  },

  'many Services come into one plan, and each group into one of its own': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, '/import');
    await yaml(page).fill(`${service('svc-a', '50.60.0.0/16')}---\n${service('svc-b', '203.0.113.0/24')}---\ngroup: office\nranges:\n- cidr: 50.60.0.0/16\n`);
    await send(page);
    await page.getByRole('link', { name: 'Plan for the group office' }).waitFor();
    await stage.keep(page, 'import with two plans');
    await accessible(page, 'an import with two plans');
    await page.getByRole('link', { name: 'Plan for 2 Services' }).click();
    await page.getByRole('heading', { name: 'Plan for 2 Services' }).waitFor();
    await page.goBack();
    await act.alive(page);
    await soon(async () => holds((await yaml(page).inputValue()).includes('svc-b'), 'Back loses nothing'));
    await yaml(page).fill(`${service('svc-a', '50.60.0.0/16')}---\n${service('svc-b', '203.0.113.0/24')}`);
    await send(page);
    await page.getByRole('heading', { name: 'Plan for 2 Services' }).waitFor();
    await act.apply(page, 'as Git has it');
    await act.go(page, '/services/shop/svc-b');
    await page.getByText('1 range · 256 addresses').first().waitFor();
  },

  'on a phone and on a laptop': async (stage) => {
    for (const [width, theme] of [[390, 'dark'], [1440, 'light']]) {
      const { page } = await stage.window({ width, theme, height: 844 });
      await act.go(page, '/import');
      await stage.keep(page, `import ${width} ${theme}`);
      await fits(page, 'the import');
    }
  },
});
