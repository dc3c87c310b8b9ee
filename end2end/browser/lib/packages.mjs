// The npm packages. `require` finds them beside the tests or in the folder that NODE_PATH names, where `cargo xtask` puts them; `import` would
// look beside the tests only.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export const { chromium } = require('playwright-core');
/** The source of axe-core, to be run in a page. */
export const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
