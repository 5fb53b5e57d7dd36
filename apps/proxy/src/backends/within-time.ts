/**
 * `work`, or an error where it takes longer than `milliseconds`. The timer keeps the process alive: one that waits for a
 * promise nobody will settle would otherwise end without a word.
 */
export async function withinTime<T>(work: Promise<T>, milliseconds: number, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new Error(`${what} has not finished within ${milliseconds / 1000} s`);
    // It would lead here, and not to what is late.
    error.stack = error.message;
    reject(error);
  }, milliseconds);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
