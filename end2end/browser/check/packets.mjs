// What packets meet, where the cluster is a rig that has clients to send them.
import { same, soon } from './is.mjs';

/** Waits until exactly these clients of the world `sandbox.yaml` get in. Calico acknowledges nothing: nodes decide a moment after a run. */
export async function packets(stage, to, who) {
  if (!stage.rig) return;
  const expected = {
    'authorised-a': who !== 'nobody',
    'authorised-b': who !== 'nobody',
    'outsider-a': who === 'everybody',
    'outsider-b': who === 'everybody',
  };
  await soon(async () => same(await stage.rig.getIn(Object.keys(expected), to), expected, `who gets in at ${to}`), 20_000);
}
