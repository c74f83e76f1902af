/** Nothing runs in this thread for so many ms, as if it were busy; but other processes do. */
export function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
