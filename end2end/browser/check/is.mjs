// What a test expects, said with what came instead.

export function same(actual, expected, what) {
  const [a, b] = [actual, expected].map((value) => JSON.stringify(value, null, 1));
  if (a !== b) throw new Error(`${what}:\n${a}\ninstead of\n${b}`);
}

export function holds(condition, what) {
  if (!condition) throw new Error(what);
}

/** Tries until it does not throw. */
export async function soon(check, ms = 10_000) {
  const end = Date.now() + ms;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Checks each item, and throws what all of them have to say. */
export async function each(items, check) {
  const said = [];
  for (const item of items) await check(item).catch((error) => said.push(error.message));
  if (said.length > 0) throw new Error(said.join('\n'));
}
