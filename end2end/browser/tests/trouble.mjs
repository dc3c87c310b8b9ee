// What the pages say when something is not there.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as act from '../action/job.mjs';
import { accessible } from '../check/axe.mjs';
import { same, soon } from '../check/is.mjs';
import * as frame from '../find/frame.mjs';
import * as services from '../find/services.mjs';
import { SandboxApi } from '../lib/objects.mjs';
import { group } from '../lib/runner.mjs';

/** A file, in the stage's folder, that leads to the cluster at this address. */
function kubeconfig(stage, server) {
  const file = join(stage.server.data, 'kubeconfig');
  const named = (name, value) => [{ name: 'test', [name]: value }];
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: named('cluster', { server }),
    users: named('user', {}),
    contexts: named('context', { cluster: 'test', user: 'test' }),
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

export default group('trouble', {
  'what does not exist is said, with its status': async (stage) => {
    const { page, guard } = await stage.window();
    guard.expect(/^answer 404: GET \//);
    const places = ['/nothing/here', '/services/shop/none', '/runs/999', '/revisions/999', `/plans/${'0'.repeat(64)}`];
    for (const place of places) {
      const answer = await act.go(page, place);
      same(answer.status(), 404, place);
      await accessible(page, place);
    }
  },

  'what cannot be read is refused by name': async (stage) => {
    const { page, guard } = await stage.window();
    guard.expect(/^answer 4(04|22): GET \//);
    const places = { '/runs/x': 404, '/plans/x': 404, '/revisions/x': 404, '/compare?from=x&to=1': 422, '/history?service=x': 422 };
    for (const [place, status] of Object.entries(places)) {
      const answer = await act.go(page, place);
      same(answer.status(), status, place);
      await accessible(page, place);
    }
  },

  'a cluster that goes away is said, and read again when it is back': async (stage) => {
    await stage.pause();
    const { sandbox } = stage.server;
    let api = await SandboxApi.start(stage.options, sandbox);
    try {
      const other = await stage.beside({ kubeconfig: kubeconfig(stage, api.url) });
      const { page } = await other.window();
      await act.go(page, '/services');
      await frame.connection(page, 'connected').waitFor();
      await soon(async () => same(await services.row(page, 'svc-a').count(), 1, 'rows of svc-a'));

      await api.close();
      await frame.connection(page, 'disconnected').waitFor({ timeout: 30_000 });
      same(await services.row(page, 'svc-a').count(), 1, 'rows of svc-a, as they were read last');
      await accessible(page, 'the list without a cluster');
      await act.go(page, '/cluster');
      await accessible(page, 'the cluster that does not answer');

      api = await SandboxApi.start(stage.options, sandbox, new URL(api.url).host);
      await frame.connection(page, 'connected').waitFor({ timeout: 60_000 });
    } finally {
      await api.close();
      await stage.resume();
    }
  },

  'a cluster that never answered is no blank page': async (stage) => {
    const other = await stage.beside({ kubeconfig: kubeconfig(stage, 'http://127.0.0.1:9') });
    const { page, guard } = await other.window();
    guard.expect(/^answer 503: GET \//);
    for (const path of ['/services', '/services/shop/svc-a', '/checks', '/cluster', '/history']) {
      await act.go(page, path);
      await frame.connection(page, '(connecting|disconnected)').waitFor();
      await accessible(page, `${path} without a cluster`);
    }
  },

  'a page whose code does not come says so, and is there at the next try': async (stage) => {
    const { page, guard } = await stage.window();
    await act.go(page, '/services');
    guard.expect(/request failed: GET \/pkg\/split_later\.wasm/, /console error: TypeError: Failed to fetch/);
    await page.route('**/pkg/split_later.wasm', (route) => route.abort('failed'));
    await services.row(page, 'svc-a').getByRole('link').click();
    await page.getByRole('alert').getByText('the code of this page did not come').waitFor();
    await accessible(page, 'a page without its code');

    await page.unroute('**/pkg/split_later.wasm');
    await page.goBack();
    await services.row(page, 'svc-a').getByRole('link').click();
    await page.getByRole('heading', { level: 1, name: /svc-a/ }).waitFor();
  },

  'a page that is opened without its code still reads, and says that it has stopped': async (stage) => {
    const { page, guard } = await stage.window();
    guard.expect(/request failed: GET \/pkg\/split_later\.wasm/, /console error: TypeError: Failed to fetch/, /page error: unreachable/);
    await page.route('**/pkg/split_later.wasm', (route) => route.abort('failed'));
    await page.goto('/services/shop/svc-a');
    await page.getByRole('alert').getByText('This page has stopped').waitFor();
    await page.getByRole('heading', { level: 1, name: /svc-a/ }).waitFor();
    await accessible(page, 'a page that has stopped');
  },

  'a server that ends is noticed': async (stage) => {
    const { page, guard } = await stage.window();
    await act.go(page, '/services');
    guard.expect(/request failed: GET \/events/);
    // The stream ends well; what fails is the browser's next try, some seconds later.
    const nextTry = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/events'));
    nextTry.catch(() => {}); // told where it is awaited, if nothing fails before
    await stage.server.stop();
    await frame.serverGone(page).waitFor();
    await accessible(page, 'the list without a server');
    await nextTry;
  },
});
