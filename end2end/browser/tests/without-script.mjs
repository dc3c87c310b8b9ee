// Reading without JavaScript.
import { prepare } from '../action/prepare.mjs';
import { holds, same } from '../check/is.mjs';
import { group } from '../lib/runner.mjs';

let pages = {};

/** Leptos marks its preloads with the nonce in a way that Chromium heeds only where scripts run: without, it blocks what nothing would use. */
const PRELOADS = /^request failed: GET \/pkg\/portcullis\.(js|wasm) csp$/;

/** What must be read on a page, beside its heading. */
const SAYS = {
  Services: ['10.20.30.40', 'guarded'],
  'Services, filtered': ['svc-a'],
  'Service, guarded': ['10.20.30.40', '50.60.0.0/16', 'Editing needs JavaScript'],
  'Service, its paths': ['Everyone else', 'eth0'],
  'Ask, answered': ['Denied on every path', '198.51.100.7'],
  Plan: ['50.0.0.0/8', 'Steps', 'Findings'],
  Run: ['Every step landed'],
  History: ['the first', 'the second'],
  Revision: ['the first', '50.60.0.0/16'],
  Compare: ['203.0.113.0/24'],
  Cluster: ['sandbox', 'What must stay true'],
};

export default group('without-script', {
  'a history to show': async (stage) => {
    const { page } = await stage.window();
    pages = await prepare(page);
  },

  'every page reads': async (stage) => {
    const { page, guard } = await stage.window({ script: false });
    guard.expect(PRELOADS);
    for (const [name, path] of Object.entries(pages)) {
      const answer = await page.goto(path);
      same(answer.status(), 200, path);
      holds(await page.getByRole('heading', { level: 1 }).isVisible(), `${path} has a heading that can be seen`);
      for (const text of SAYS[name] ?? []) {
        holds(await page.getByText(text).filter({ visible: true }).first().isVisible(), `${name} (${path}) says ${text}`);
      }
    }
  },

  'the filters filter': async (stage) => {
    const { page, guard } = await stage.window({ script: false });
    guard.expect(PRELOADS);
    await page.goto('/services');
    await page.getByRole('searchbox', { name: /^Name, namespace/ }).fill('svc-a');
    await page.getByRole('button', { name: 'Filter' }).click();
    same(new URL(page.url()).searchParams.get('q'), 'svc-a', 'q');
    same(await page.locator('table.services tbody tr').count(), 1, 'rows');
  },
});
