const LIMIT = 30_000;
const INTERVAL = 50;

/** Calls `check` until it does not throw, and returns its result. Throws its last error after a long time. */
export async function eventually(check, limit = LIMIT) {
  const deadline = performance.now() + limit;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  }
}
