// The cluster's API dies under a page, and packets do not care.
import * as act from '../action/job.mjs';
import { packets } from '../check/packets.mjs';
import * as editor from '../find/editor.mjs';
import * as frame from '../find/frame.mjs';
import { group } from '../lib/runner.mjs';

const PAGE = '/services/shop/svc-a';
const ADDRESS = '10.20.30.40:80';

export default group('outage', {
  'the API server dies under a page: it says so, and goes on when it is back': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, PAGE);
    await frame.connection(page, 'connected').waitFor();
    await stage.rig.kill('kube-apiserver');
    await frame.connection(page, 'disconnected').waitFor({ timeout: 30_000 });
    await packets(stage, ADDRESS, 'everybody');
    await frame.connection(page, 'connected').waitFor({ timeout: 60_000 });

    await act.onInterface(page, 'eth0');
    await act.type(page, '50.60.0.0/16');
    await act.review(page);
    await act.apply(page, 'the API is back');
    await packets(stage, ADDRESS, 'authorised');
  },

  'it dies while a Service is guarded: who gets in stays, and so does the way back': async (stage) => {
    const { page } = await stage.window();
    await act.go(page, PAGE);
    await stage.rig.kill('kube-apiserver');
    await frame.connection(page, 'disconnected').waitFor({ timeout: 30_000 });
    await packets(stage, ADDRESS, 'authorised');
    await frame.connection(page, 'connected').waitFor({ timeout: 60_000 });

    await editor.stopGuarding(page).click();
    await page.waitForURL('**/plans/*');
    await act.apply(page, 'as it was');
    await packets(stage, ADDRESS, 'everybody');
  },
}, { anyCluster: true, needsRig: true });
